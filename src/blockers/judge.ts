import type { ClusterMode } from "../contract/cluster-spec.ts";
import type { Diagnosis } from "../contract/blocker.ts";
import type { ComponentName } from "../contract/component-name.ts";
import type { Facts, Probe } from "../contract/observation.ts";

/** Nothing stops here. */
export const clear: Diagnosis = { verdict: "clear" };

/** Something stops here, and why. */
export function blocked(because: string): Diagnosis {
  return { verdict: "blocked", because };
}

/** Judges one fact; a fact that could not be measured cannot be judged. */
export function judge<T>(facts: Facts, probe: Probe<T>, decide: (value: T) => Diagnosis): Diagnosis {
  const observation = facts.of(probe);
  if (observation.kind === "inconclusive") return { verdict: "unknown", because: observation.because };
  return decide(observation.value);
}

/** The components that make a node: without one of them no pod runs. */
export const nodeComponents: readonly ComponentName[] = ["containerd", "kubelet"];

/** The kinds of cluster whose pods have a network of their own. */
export const podNetworkModes: readonly ClusterMode[] = ["node"];

/** The components of the API alone. */
export const controlPlaneComponents: readonly ComponentName[] = [
  "kine",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
];

/** A size for people, in MiB. */
export function mebibytes(bytes: number): string {
  return `${String(Math.round(bytes / 2 ** 20))} MiB`;
}
