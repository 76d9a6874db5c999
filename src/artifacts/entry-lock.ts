import { basename } from "node:path";
import type { ArtifactContext } from "../contract/artifact.ts";
import { waitUntil } from "../host/wait-until.ts";
import { digestOf } from "./recipe.ts";

/** Milliseconds that a build waits for another one of the same entry. */
const waitTimeout = 45 * 60_000;

/** Takes the lock of an entry; undefined where somebody is making it. It ends with its process. */
export function tryLockEntry(directory: string, context: ArtifactContext): Promise<AsyncDisposable | undefined> {
  // The name of an abstract socket has 107 bytes at most (unix(7)), fewer than a path may have.
  return context.host.sockets.lock(`artifact/${digestOf(directory).slice(0, 32)}`);
}

/**
 * Waits for the lock of an entry and holds it while something runs.
 *
 * @param detail told where it has to wait
 * @throws SandkubeError (timeout)
 */
export async function withEntryLock<T>(
  directory: string,
  context: ArtifactContext,
  detail: (text: string) => void,
  run: () => Promise<T>,
): Promise<T> {
  const { lock } = await waitUntil(
    async () => {
      const taken = await tryLockEntry(directory, context);
      return taken === undefined
        ? { ok: false as const, because: "another sandkube is making it; waiting for that one" }
        : { ok: true as const, lock: taken };
    },
    {
      clock: context.host.clock,
      what: `another sandkube to finish ${basename(directory)}`,
      timeout: waitTimeout,
      signal: context.signal,
      onReason: detail,
    },
  );
  try {
    return await run();
  } finally {
    await lock[Symbol.asyncDispose]();
  }
}
