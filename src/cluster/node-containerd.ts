import { runsContainers, type ClusterSpec } from "../contract/cluster-spec.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { stateLayout } from "../contract/state-layout.ts";
import type { ContainerdImages } from "../images/containerd-images.ts";
import { rungOf } from "../plan/ladder.ts";
import { requireClusterRecord } from "./cluster-record.ts";
import type { Session } from "./session.ts";

/**
 * The containerd of a cluster's node, which answers.
 *
 * @throws SandkubeError (notFound) where there is no cluster or no node, (component) where containerd does not answer
 */
export async function nodeContainerd(
  name: string,
  stateDirectory: string,
  { host, signal }: Session,
): Promise<{ readonly spec: ClusterSpec; readonly containerd: ContainerdImages }> {
  const { spec } = await requireClusterRecord(name, stateDirectory, host);
  if (!runsContainers(spec.mode)) {
    throw new SandkubeError({
      title: "There is no node that holds images",
      message: `The cluster "${name}" runs ${rungOf(spec.mode).title}: no container runs.`,
      hint: "`sandkube up --mode node` makes a cluster that runs pods.",
      exit: "notFound",
    });
  }
  const address = stateLayout(spec.stateDirectory).containerdSocket;
  if (!(await host.sockets.canConnectUnix(address, 2000))) {
    throw new SandkubeError({
      title: "containerd does not answer",
      message: `Nothing accepts on ${address}.`,
      hint: "See `sandkube status` and `sandkube logs containerd`.",
      exit: "component",
    });
  }
  const { snapshotter } = spec.containerd;
  return { spec, containerd: { ctr: spec.binaries.ctr, address, namespace: "k8s.io", snapshotter, host, signal } };
}
