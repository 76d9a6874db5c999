import { join } from "node:path";
import type { Files } from "../contract/host.ts";
import { parseMountInfo } from "./mount-table.ts";

/**
 * A file of this process's own cgroup, such as `pids.max` of the controller
 * `pids`; undefined where there is no such controller or file. The limit that
 * counts may stand further up; only the own one is read.
 */
export async function cgroupFile(
  files: Files,
  controller: string,
  name: string,
): Promise<{ readonly path: string; readonly text: string } | undefined> {
  const [mountInfo, membership] = await Promise.all([
    files.readText("/proc/self/mountinfo"),
    files.readTextIfPresent("/proc/self/cgroup"),
  ]);
  const mounts = parseMountInfo(mountInfo);
  const mount =
    mounts.find((entry) => entry.type === "cgroup" && entry.superOptions.includes(controller)) ??
    mounts.find((entry) => entry.type === "cgroup2");
  if (mount === undefined) return undefined;
  const own = (membership ?? "").split("\n").flatMap((line) => {
    const [, controllers = "", path = "/"] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    return (mount.type === "cgroup2" ? controllers === "" : controllers.split(",").includes(controller)) ? [path] : [];
  })[0];
  // The mount shows the hierarchy from its root down; inside a container that root is the container's own cgroup.
  const within = own?.startsWith(mount.root) === true ? own.slice(mount.root.length) : "";
  for (const path of new Set([join(mount.path, within, name), join(mount.path, name)])) {
    const text = await files.readTextIfPresent(path);
    if (text !== undefined) return { path, text: text.trim() };
  }
  return undefined;
}
