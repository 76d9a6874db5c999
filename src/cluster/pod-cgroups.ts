import { dirname } from "node:path";
import type { ClusterSpec } from "../contract/cluster-spec.ts";
import type { Host, ProcessIdentity, ProcessStatus } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";

const cgroupMount = "/sys/fs/cgroup";

/**
 * Makes the cgroup that all pods of a cluster run below, in every hierarchy that
 * lets us. The kubelet refuses a cgroupRoot that does not exist
 * (https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/kubelet/cm/container_manager_linux.go).
 */
export async function makeCgroups(spec: ClusterSpec, host: Host): Promise<void> {
  for (const hierarchy of await hierarchies(host)) {
    // A read-only or absent hierarchy is a blocker of its own; the plan has dealt with it.
    await host.files.makeDirectory(`${hierarchy}${spec.cgroupRoot}`).catch(() => undefined);
  }
}

/**
 * Removes the cgroups of a cluster's pods, and ends what is still in them: what was forked while its parents were
 * being killed has neither a marker nor a parent that has one, but a container's processes never leave its cgroup.
 *
 * @param timeout milliseconds
 * @throws SandkubeError (component) that names what would not go
 */
export async function removeCgroups(
  spec: ClusterSpec,
  host: Host,
  timeout: number,
  signal?: AbortSignal,
): Promise<void> {
  const start = host.clock.monotonic();
  const trees = (await hierarchies(host)).map((hierarchy) => `${hierarchy}${spec.cgroupRoot}`);
  for (;;) {
    const left: string[] = [];
    for (const tree of trees) left.push(...(await removeTree(tree, host)));
    if (left.length === 0) break;
    const members = await membersOf(left, host);
    if (host.clock.monotonic() - start > timeout) {
      throw new SandkubeError({
        title: "Some cgroups would not go",
        message: `Still there after ${String(timeout / 1000)} s: ${left.join(", ")}; processes in them: ${
          members.length === 0 ? "none" : members.map(({ pid }) => String(pid)).join(", ")
        }`,
        hint: "Run `sandkube down` again.",
        exit: "component",
      });
    }
    await Promise.all(members.map((member) => host.processes.signal(member, "SIGKILL")));
    await host.clock.sleep(20, signal);
  }
  // The parent stays while another cluster has cgroups in it.
  for (const tree of trees) await host.files.removeDirectory(dirname(tree)).catch(() => undefined);
}

/** Only rmdir works on a cgroup, from the leaves up; its files go with it. Returns the cgroups that are held. */
async function removeTree(path: string, host: Host): Promise<readonly string[]> {
  const held: string[] = [];
  for (const name of (await host.files.list(path).catch(() => undefined)) ?? []) {
    const child = `${path}/${name}`;
    if ((await host.files.linkStatus(child))?.kind === "directory") held.push(...(await removeTree(child, host)));
  }
  if (held.length > 0) return held;
  await host.files.removeDirectory(path).catch(() => undefined);
  return (await host.files.status(path)) === undefined ? [] : [path];
}

/** The processes in some cgroups (https://docs.kernel.org/admin-guide/cgroup-v2.html, cgroup.procs). */
async function membersOf(cgroups: readonly string[], host: Host): Promise<readonly ProcessIdentity[]> {
  const lists = await Promise.all(
    cgroups.map((path) => host.files.readTextIfPresent(`${path}/cgroup.procs`).catch(() => undefined)),
  );
  // 0 stands for a process of another pid namespace.
  const pids = new Set(lists.flatMap((list) => (list ?? "").split("\n").filter((line) => /^[1-9]\d*$/.test(line))));
  const members = await Promise.all([...pids].map((pid) => host.processes.status(Number(pid))));
  return members.filter((member): member is ProcessStatus => member?.zombie === false);
}

async function hierarchies(host: Host): Promise<readonly string[]> {
  const unified = await host.files.status(`${cgroupMount}/cgroup.controllers`);
  if (unified !== undefined) return [cgroupMount];
  const names = (await host.files.list(cgroupMount)) ?? [];
  const found: string[] = [];
  for (const name of names) {
    const path = `${cgroupMount}/${name}`;
    if ((await host.files.linkStatus(path))?.kind === "directory") found.push(path);
  }
  return found;
}
