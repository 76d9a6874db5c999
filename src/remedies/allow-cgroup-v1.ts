import type { Remedy } from "../contract/remedy.ts";
import { withKubeletConfiguration } from "./kubelet-configuration.ts";

/** Tells the kubelet to run on version 1 all the same. */
export const allowCgroupV1: Remedy = {
  id: "allow-cgroup-v1",
  title: "Allow cgroups of version 1",
  clears: ["cgroup-v1-only"],
  fidelity: "exact",
  harmless: true,
  cost: "nothing",
  disclosure:
    "failCgroupV1 is false: Kubernetes no longer supports version 1, and its version 2 features (memory QoS, swap, PSI) are absent.",
  feasible: () => ({ verdict: "clear" }),
  adjust: (spec) => withKubeletConfiguration(spec, { failCgroupV1: false }),
};
