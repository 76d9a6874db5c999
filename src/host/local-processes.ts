import { readdir, readFile } from "node:fs/promises";
import type { ProcessIdentity, Processes, ProcessStatus } from "../contract/host.ts";

/** The size of a page on every machine that gVisor runs on (x86-64, arm64 with 4 KiB pages). */
const pageSize = 4096;

/** Milliseconds of a clock tick in /proc: USER_HZ is 100 on Linux, and in gVisor (pkg/abi/linux/time.go, ClockTick). */
const tickMs = 10;

/** The processes of this machine, read from /proc. */
export class LocalProcesses implements Processes {
  async self(): Promise<ProcessIdentity> {
    const status = await this.status(process.pid);
    if (status === undefined) throw new Error("/proc does not show this process");
    return { pid: status.pid, startTicks: status.startTicks };
  }

  async list(): Promise<readonly ProcessStatus[]> {
    const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
    const found = await Promise.all(pids.map((pid) => this.status(pid)));
    return found.filter((status) => status !== undefined);
  }

  async status(pid: number): Promise<ProcessStatus | undefined> {
    const line = await unlessGone(readFile(`/proc/${String(pid)}/stat`, "utf8"));
    return line === undefined ? undefined : parseStat(line);
  }

  async isAlive(identity: ProcessIdentity): Promise<boolean> {
    const status = await this.status(identity.pid);
    return status?.startTicks === identity.startTicks && !status.zombie;
  }

  async environment(pid: number): Promise<Readonly<Record<string, string>> | undefined> {
    const block = await unlessGone(readFile(`/proc/${String(pid)}/environ`, "utf8"));
    if (block === undefined) return undefined;
    const variables = block.split("\0").filter((entry) => entry.includes("="));
    return Object.fromEntries(
      variables.map((entry) => {
        const at = entry.indexOf("=");
        return [entry.slice(0, at), entry.slice(at + 1)];
      }),
    );
  }

  async arguments(pid: number): Promise<readonly string[] | undefined> {
    const block = await unlessGone(readFile(`/proc/${String(pid)}/cmdline`, "utf8"));
    return block?.replace(/\0$/, "").split("\0");
  }

  async signal(identity: ProcessIdentity, signal: NodeJS.Signals): Promise<boolean> {
    if (!(await this.isAlive(identity))) return false;
    try {
      return process.kill(identity.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
      throw error;
    }
  }
}

/**
 * Reads one line of /proc/PID/stat (proc(5)); the name may hold spaces and
 * brackets. Of a task that ends while it is read gVisor says process 0, which is
 * the parent of process 1 and of all that `runsc exec` starts: such a line tells
 * of no process (pkg/sentry/fsimpl/proc/task_files.go, IDOfTask).
 */
export function parseStat(line: string): ProcessStatus | undefined {
  const open = line.indexOf("(");
  const close = line.lastIndexOf(")");
  const pid = Number(line.slice(0, open));
  if (open < 0 || close < open || pid === 0) return undefined;
  const fields = line.slice(close + 2).split(" ");
  const number = (index: number): number => Number(fields[index] ?? Number.NaN);
  return {
    pid,
    name: line.slice(open + 1, close),
    // The first thread may be a zombie while others still end, with the process's files and ports in their hands.
    zombie: (fields[0] === "Z" || fields[0] === "X") && number(17) <= 1,
    stopped: fields[0] === "T",
    parent: number(1),
    processGroup: number(2),
    startTicks: number(19),
    rssBytes: number(21) * pageSize,
    cpuMs: (number(11) + number(12)) * tickMs,
  };
}

/** A process may end between two reads: ENOENT, or ESRCH from an open file. EACCES: not ours to see. */
async function unlessGone<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH" || code === "EACCES" || code === "EPERM") return undefined;
    throw error;
  }
}
