import type { ClusterSpec } from "../contract/cluster-spec.ts";

/** The specification with further fields of KubeletConfiguration. */
export function withKubeletConfiguration(spec: ClusterSpec, fields: Readonly<Record<string, unknown>>): ClusterSpec {
  return { ...spec, kubelet: { ...spec.kubelet, configuration: { ...spec.kubelet.configuration, ...fields } } };
}
