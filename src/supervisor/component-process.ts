import { spawn } from "node:child_process";
import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import type { ProcessIdentity, Processes } from "../contract/host.ts";
import type { ProcessSpec } from "../contract/component.ts";
import { clusterMarker } from "./marked-processes.ts";

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running child. */
export interface ComponentProcess {
  readonly identity: ProcessIdentity;
  /** Resolves when it ends; never rejects. */
  readonly ended: Promise<ProcessEnd>;
}

/**
 * Starts a component in a process group of its own, with its output appended
 * straight to a file: it goes on unharmed when the supervisor dies.
 *
 * @throws Node's error where the program cannot be started
 */
export async function startProcess(
  spec: ProcessSpec,
  environment: Readonly<Record<string, string>>,
  logPath: string,
  processes: Processes,
): Promise<ComponentProcess> {
  await mkdir(dirname(logPath), { recursive: true, mode: 0o700 });
  const log = await open(logPath, "a", 0o600);
  try {
    const [file, ...rest] = spec.argv;
    const child = spawn(file, rest, {
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
      env: { ...environment, ...spec.environment },
    });
    const ended = new Promise<ProcessEnd>((resolve) => {
      child.once("exit", (code, signal) => {
        resolve({ code, signal });
      });
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    const pid = child.pid ?? 0;
    const status = await processes.status(pid);
    return { identity: { pid, startTicks: status?.startTicks ?? 0 }, ended };
  } finally {
    await log.close();
  }
}

/**
 * Signals the processes of a group, which may outlive the one that it is named
 * for. The marker proves that they are ours: the number of a group that is
 * empty may be given to somebody else.
 */
export async function signalGroup(
  leader: ProcessIdentity,
  signal: NodeJS.Signals,
  clusterId: string,
  processes: Processes,
): Promise<void> {
  const group = (await processes.list()).filter(({ processGroup, zombie }) => processGroup === leader.pid && !zombie);
  await Promise.all(
    group.map(async (member) => {
      const environment = await processes.environment(member.pid);
      if (environment?.[clusterMarker] === clusterId) await processes.signal(member, signal);
    }),
  );
}
