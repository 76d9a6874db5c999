import { aroundProxyVariables } from "../contract/around-proxy.ts";
import type { ClusterSpec } from "../contract/cluster-spec.ts";
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
  session: Session,
): Promise<number> {
  return runAgainst(name, stateDirectory, ({ binaries }) => [binaries.kubernetes, "kubectl", ...words], session);
}

/**
 * Runs a client of a cluster with this process's own standard streams.
 *
 * @param argv is told of the cluster
 * @returns its exit code
 */
export async function runAgainst(
  name: string,
  stateDirectory: string,
  argv: (spec: ClusterSpec) => readonly [string, ...string[]],
  { host }: Session,
): Promise<number> {
  const { spec } = await requireClusterRecord(name, stateDirectory, host);
  const { path } = await readKubeconfig(name, stateDirectory, host);
  // No signal is passed on: it is in the terminal's process group and gets Ctrl-C itself.
  const result = await host.commands.run(argv(spec), {
    attached: true,
    environment: { KUBECONFIG: path, ...aroundProxyVariables(host.environment, spec) },
    acceptedExitCodes: "any",
  });
  return result.exitCode;
}
