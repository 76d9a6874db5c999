import type { Host, ProcessIdentity } from "../contract/host.ts";

/** The environment variable that marks every process of a cluster; its value is the cluster's id. */
export const clusterMarker = "SANDKUBE_CLUSTER";

/**
 * Finds the processes of a cluster by proof: those started with its marker in
 * their environment, and everything below them. Pods have no marker, but every
 * container is a descendant of a containerd shim, which has it and is their
 * subreaper (https://github.com/containerd/containerd/blob/v2.2.9/cmd/containerd-shim-runc-v2/manager/manager_linux.go).
 */
export async function findMarkedProcesses(clusterId: string, host: Host): Promise<readonly ProcessIdentity[]> {
  const all = await host.processes.list();
  const self = await host.processes.self();
  const marked = new Set<number>();
  await Promise.all(
    all.map(async ({ pid }) => {
      const environment = await host.processes.environment(pid);
      if (environment?.[clusterMarker] === clusterId) marked.add(pid);
    }),
  );
  // A parent may come after its child in the list: repeat until nothing is added.
  for (let grew = true; grew;) {
    grew = false;
    for (const { pid, parent } of all) {
      if (marked.has(parent) && !marked.has(pid)) {
        marked.add(pid);
        grew = true;
      }
    }
  }
  return all.filter(({ pid, zombie }) => marked.has(pid) && !zombie && pid !== self.pid);
}

/**
 * Kills every process of a cluster and waits until none is left: once killed, a
 * process gives its marker back before its ports and mounts (do_exit in Linux's
 * kernel/exit.c), so each one that was killed is watched until its end.
 *
 * @param timeout milliseconds
 * @returns the processes that would not die
 */
export async function killMarkedProcesses(
  clusterId: string,
  host: Host,
  timeout: number,
  signal?: AbortSignal,
): Promise<readonly ProcessIdentity[]> {
  const start = host.clock.monotonic();
  let killed: readonly ProcessIdentity[] = [];
  for (;;) {
    const marked = await findMarkedProcesses(clusterId, host);
    const alive = await Promise.all(killed.map((identity) => host.processes.isAlive(identity)));
    const ending = killed.filter(({ pid }, index) => alive[index] === true && !marked.some((one) => one.pid === pid));
    const left = [...marked, ...ending];
    if (left.length === 0 || host.clock.monotonic() - start > timeout) return left;
    await Promise.all(marked.map((identity) => host.processes.signal(identity, "SIGKILL")));
    killed = left;
    await host.clock.sleep(20, signal);
  }
}
