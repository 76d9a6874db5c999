import { runsContainers } from "../contract/cluster-spec.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { step } from "../contract/progress.ts";
import { stateLayout } from "../contract/state-layout.ts";
import { inspectImageArchive } from "../images/image-archive.ts";
import { importImages, type ImportedImage } from "../images/import-images.ts";
import { requireClusterRecord } from "./cluster-record.ts";
import { rungOf } from "../plan/ladder.ts";
import type { Session } from "./session.ts";

/** The answer of `sandkube load --output json`. */
export interface LoadReport {
  readonly schema: "sandkube.dev/load/v1";
  readonly images: readonly ImportedImage[];
}

/**
 * Checks image archives and gives them to the node's containerd.
 *
 * @throws SandkubeError (usage) where a file is not an image archive, (notFound) where there is no node
 */
export async function loadImages(
  name: string,
  stateDirectory: string,
  archives: readonly string[],
  session: Session,
): Promise<LoadReport> {
  const { host, signal, progress } = session;
  const { spec } = await requireClusterRecord(name, stateDirectory, host);
  if (!runsContainers(spec.mode)) {
    throw new SandkubeError({
      title: "There is no node to load images into",
      message: `The cluster "${name}" runs ${rungOf(spec.mode).title}: no container runs.`,
      hint: "`sandkube up --mode node` makes a cluster that runs pods.",
      exit: "notFound",
    });
  }
  const { containerdSocket } = stateLayout(spec.stateDirectory);
  if (!(await host.sockets.canConnectUnix(containerdSocket, 2000))) {
    throw new SandkubeError({
      title: "containerd does not answer",
      message: `Nothing accepts on ${containerdSocket}.`,
      hint: "See `sandkube status` and `sandkube logs containerd`.",
      exit: "component",
    });
  }
  for (const archive of archives) {
    await step(progress, `Checking ${archive}`, () => inspectImageArchive(archive, host, { signal }));
  }
  const images = await step(progress, "Importing", () =>
    importImages(
      {
        ctr: spec.binaries.ctr,
        address: containerdSocket,
        namespace: "k8s.io",
        snapshotter: spec.containerd.snapshotter,
        host,
        signal,
      },
      archives.map((path) => ({ path })),
    ),
  );
  return { schema: "sandkube.dev/load/v1", images };
}
