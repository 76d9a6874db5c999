import { spawn } from "node:child_process";
import { open } from "node:fs/promises";
import type { Processes, ProcessIdentity } from "../contract/host.ts";

/** What becomes a process that outlives this one. */
export interface DetachedProcess {
  readonly argv: readonly [string, ...string[]];
  readonly environment: NodeJS.ProcessEnv;
  /** Both streams are appended to it; 0600. */
  readonly log: string;
}

/**
 * Starts a process in a session of its own, which does not keep this one from ending.
 *
 * @throws Node's error where the program cannot be started
 */
export async function startDetached(
  { argv: [file, ...rest], environment, log: logPath }: DetachedProcess,
  processes: Processes,
): Promise<ProcessIdentity> {
  const log = await open(logPath, "a", 0o600);
  try {
    const child = spawn(file, rest, {
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
      cwd: "/",
      env: environment,
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    child.unref();
    const pid = child.pid ?? 0;
    return { pid, startTicks: (await processes.status(pid))?.startTicks ?? 0 };
  } finally {
    await log.close();
  }
}
