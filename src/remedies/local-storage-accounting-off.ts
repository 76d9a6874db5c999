import type { Remedy } from "../contract/remedy.ts";
import { withKubeletConfiguration } from "./kubelet-configuration.ts";

/** Tells the kubelet not to ask for the size of its filesystem. */
export const localStorageAccountingOff: Remedy = {
  id: "local-storage-accounting-off",
  title: "Switch the accounting of local storage off",
  clears: ["rootfs-unknown-to-cadvisor", "cgroup-statistics-missing"],
  fidelity: "emulated",
  harmless: true,
  cost: "ephemeral-storage requests and limits, and evictions",
  disclosure:
    "localStorageCapacityIsolation is false: the node has no ephemeral-storage capacity, a pod that requests any does not schedule, limits on it are not enforced, and where cAdvisor cannot read the node's statistics the kubelet evicts nothing when memory or disk run short.",
  feasible: () => ({ verdict: "clear" }),
  adjust: (spec) => withKubeletConfiguration(spec, { localStorageCapacityIsolation: false }),
};
