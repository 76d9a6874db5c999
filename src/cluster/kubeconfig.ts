import type { Host } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { stateLayout } from "../contract/state-layout.ts";
import { requireClusterRecord } from "./cluster-record.ts";

/**
 * The administrator's kubeconfig of a cluster that runs or has run.
 *
 * @throws SandkubeError (notFound) where there is none
 */
export async function readKubeconfig(
  name: string,
  stateDirectory: string,
  host: Host,
): Promise<{ readonly path: string; readonly text: string }> {
  await requireClusterRecord(name, stateDirectory, host);
  const path = stateLayout(stateDirectory).kubeconfig;
  const text = await host.files.readTextIfPresent(path);
  if (text !== undefined) return { path, text };
  throw new SandkubeError({
    title: `The cluster "${name}" does not run`,
    message: `${path} is not there.`,
    hint: "Start it with `sandkube up`.",
    exit: "notFound",
  });
}
