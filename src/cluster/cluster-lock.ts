import { createHash } from "node:crypto";
import type { Host } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";

/**
 * Takes the lock of a cluster, which `up`, `down` and everything else that
 * changes it holds. The kernel gives it back when the command ends.
 *
 * @throws SandkubeError (conflict) where another command holds it
 */
export function lockCluster(name: string, stateDirectory: string, host: Host): Promise<AsyncDisposable> {
  return lock("cluster", stateDirectory, host, {
    title: `The cluster "${name}" is being changed`,
    message: "Another sandkube command (up or down) works on it.",
  });
}

/**
 * Takes the lock of a cluster's verification: two would find each other's objects.
 *
 * @throws SandkubeError (conflict) where another verification holds it
 */
export function lockVerification(name: string, stateDirectory: string, host: Host): Promise<AsyncDisposable> {
  return lock("verify", stateDirectory, host, {
    title: `The cluster "${name}" is being verified`,
    message: "Another `sandkube verify` works on it.",
  });
}

async function lock(
  purpose: string,
  stateDirectory: string,
  host: Host,
  held: { readonly title: string; readonly message: string },
): Promise<AsyncDisposable> {
  const key = createHash("sha256").update(stateDirectory).digest("hex").slice(0, 16);
  const taken = await host.sockets.lock(`${purpose}/${key}`);
  if (taken !== undefined) return taken;
  throw new SandkubeError({ ...held, hint: "Wait until it has ended, then try again.", exit: "conflict" });
}
