import { readdir, readFile, readlink } from "node:fs/promises";

/**
 * Names the process that listens on a TCP port, as "NAME (pid N)"; undefined
 * where it cannot be seen. Matches the socket's inode of /proc/net/tcp with
 * the open files of every process, as ss(8) does.
 */
export async function findPortHolder(port: number): Promise<string | undefined> {
  const inodes = new Set<string>();
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    const text = await readFile(table, "utf8").catch(() => "");
    for (const line of text.split("\n").slice(1)) {
      const fields = line.trim().split(/\s+/);
      const listens = fields[3] === "0A";
      const local = Number.parseInt(fields[1]?.split(":")[1] ?? "", 16);
      if (listens && local === port && fields[9] !== undefined) inodes.add(`socket:[${fields[9]}]`);
    }
  }
  if (inodes.size === 0) return undefined;
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
    // At once: a process of gVisor's has thousands.
    const targets = await Promise.all(
      descriptors.map((descriptor) => readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => "")),
    );
    if (!targets.some((target) => inodes.has(target))) continue;
    const name = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "process");
    return `${name.trim()} (pid ${pid})`;
  }
  return undefined;
}
