import { createHash } from "node:crypto";
import type { Host } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";

/**
 * Takes the lock of a cluster, which `up`, `down` and everything else that
 * changes it holds. The kernel gives it back when the command ends.
 *
 * @throws SandkubeError (conflict) where another command holds it
 */
export async function lockCluster(name: string, stateDirectory: string, host: Host): Promise<AsyncDisposable> {
  const key = createHash("sha256").update(stateDirectory).digest("hex").slice(0, 16);
  const lock = await host.sockets.lock(`cluster/${key}`);
  if (lock !== undefined) return lock;
  throw new SandkubeError({
    title: `The cluster "${name}" is being changed`,
    message: "Another sandkube command (up or down) works on it.",
    hint: "Wait until it has ended, then try again.",
    exit: "conflict",
  });
}
