import { requireClusterRecord } from "./cluster-record.ts";
import { readKubeconfig } from "./kubeconfig.ts";
import type { Session } from "./session.ts";

/**
 * Runs kubectl of the cluster's own version, with this process's own standard streams.
 *
 * @returns kubectl's exit code
 */
export async function kubectl(
  name: string,
  stateDirectory: string,
  words: readonly string[],
  { host }: Session,
): Promise<number> {
  const { spec } = await requireClusterRecord(name, stateDirectory, host);
  const { path } = await readKubeconfig(name, stateDirectory, host);
  // No signal is passed on: kubectl is in the terminal's process group and gets Ctrl-C itself.
  const result = await host.commands.run([spec.binaries.kubernetes, "kubectl", ...words], {
    attached: true,
    environment: { KUBECONFIG: path },
    acceptedExitCodes: "any",
  });
  return result.exitCode;
}
