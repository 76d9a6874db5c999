import type { ClusterMode } from "../contract/cluster-spec.ts";
import type { Rung } from "../contract/rung.ts";

/** Every kind of cluster, the fullest first: `up` takes the first that a machine allows. */
export const ladder: readonly Rung[] = [
  {
    mode: "node",
    title: "a node",
    fidelity: "exact",
    disclosure:
      "Pods are real: containers run on a node of this machine. NetworkPolicies are not enforced, which an event on each says.",
  },
  {
    mode: "host-network",
    title: "a node whose pods share the machine's network",
    fidelity: "emulated",
    disclosure:
      "Containers are real, and every pod is given hostNetwork: true by an admission policy. Pods have the machine's address, ports and host name: two pods that ask for one port do not run side by side, so a Deployment that declares a port has one replica and rolls out only with strategy Recreate; namespaces that enforce the Pod Security level baseline or restricted admit no pod; Services have addresses in 127.0.0.0/8, which this machine alone reaches; the API server and the kubelet listen on the machine's address.",
  },
  {
    mode: "simulated",
    title: "a control plane with simulated nodes",
    fidelity: "stubbed",
    disclosure:
      "No container runs. kwok writes the status of nodes and pods, so that pods become Ready, Deployments available and Jobs complete; images are not looked at, claims are bound to volumes that nobody writes, and logs, exec, port-forward and services do not exist.",
  },
  {
    mode: "control-plane",
    title: "a control plane",
    fidelity: "exact",
    disclosure: "There is no node: pods are accepted and stay Pending.",
  },
];

/** The rung of a mode. */
export function rungOf(mode: ClusterMode): Rung {
  const rung = ladder.find((candidate) => candidate.mode === mode);
  if (rung === undefined) throw new Error(`no rung of the ladder is named ${mode}`);
  return rung;
}
