import type { Remedy } from "../contract/remedy.ts";
import { withKubeletConfiguration } from "./kubelet-configuration.ts";

/** Tells the kubelet to keep no tree of cgroups for pods; runc still makes one for every container. */
export const cgroupsPerPodOff: Remedy = {
  id: "cgroups-per-pod-off",
  title: "Keep no cgroups of pods and QoS classes",
  clears: ["cgroup-without-limits"],
  fidelity: "emulated",
  harmless: false,
  cost: "pod-level limits, QoS classes, node allocatable, in-place resize of pods",
  disclosure:
    "cgroupsPerQOS is false and enforceNodeAllocatable empty: QoS classes are shown and not enforced, and pods as a whole have no limits.",
  feasible: () => ({ verdict: "clear" }),
  adjust: (spec) =>
    withKubeletConfiguration(spec, { cgroupsPerQOS: false, enforceNodeAllocatable: [], cgroupRoot: "" }),
};
