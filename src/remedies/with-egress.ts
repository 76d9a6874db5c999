import type { ClusterSpec, Egress } from "../contract/cluster-spec.ts";

/** The specification with another way for packets of pods to leave. */
export function withEgress(spec: ClusterSpec, egress: Egress): ClusterSpec {
  return { ...spec, network: { ...spec.network, egress } };
}
