import type { Clock, Sockets } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import type { SandboxLocation } from "./sandbox-location.ts";

/** As much of the host as a lock takes. */
interface LockHost {
  readonly sockets: Sockets;
  readonly clock: Clock;
}

/**
 * Takes the lock of one sandbox, held while it is made or removed.
 *
 * @param timeout milliseconds
 * @throws SandkubeError (conflict) where somebody holds it all the time
 */
export function lockSandbox(
  host: LockHost,
  location: SandboxLocation,
  timeout: number,
  signal: AbortSignal,
): Promise<AsyncDisposable> {
  return takeLock(host, location.id, `sandbox "${location.name}"`, timeout, signal);
}

/**
 * Takes the lock of what all sandboxes of this machine share: the choice of
 * subnets, the host's forwarding switch, the state root. Held for moments.
 *
 * @throws SandkubeError (conflict)
 */
export function lockMachine(host: LockHost, signal: AbortSignal): Promise<AsyncDisposable> {
  return takeLock(host, "sandbox-machine", "the network of sandboxes", 30_000, signal);
}

async function takeLock(
  host: LockHost,
  name: string,
  what: string,
  timeout: number,
  signal: AbortSignal,
): Promise<AsyncDisposable> {
  const start = host.clock.monotonic();
  for (;;) {
    signal.throwIfAborted();
    const lock = await host.sockets.lock(name);
    if (lock !== undefined) return lock;
    if (host.clock.monotonic() - start >= timeout) {
      throw new SandkubeError({
        title: "Somebody else is at it",
        message: `Another sandkube command is working on ${what}.`,
        hint: "Wait for it to end, then try again.",
        exit: "conflict",
      });
    }
    await host.clock.sleep(20, signal);
  }
}
