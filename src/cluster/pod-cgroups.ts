import type { ClusterSpec } from "../contract/cluster-spec.ts";
import type { Host } from "../contract/host.ts";

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

/** Removes the cgroups of a cluster's pods; their processes are gone already. */
export async function removeCgroups(spec: ClusterSpec, host: Host): Promise<void> {
  for (const hierarchy of await hierarchies(host)) {
    await removeTree(`${hierarchy}${spec.cgroupRoot}`, host);
    // The parent stays while another cluster has cgroups in it.
    await host.files.removeDirectory(`${hierarchy}/sandkube`).catch(() => undefined);
  }
}

/** Only rmdir works on a cgroup, from the leaves up; its files go with it. */
async function removeTree(path: string, host: Host): Promise<void> {
  for (const name of (await host.files.list(path).catch(() => undefined)) ?? []) {
    const child = `${path}/${name}`;
    if ((await host.files.linkStatus(child))?.kind === "directory") await removeTree(child, host);
  }
  await host.files.removeDirectory(path).catch(() => undefined);
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
