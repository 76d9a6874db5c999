import type { Remedy } from "../contract/remedy.ts";

/** Gives containers the node's pid namespace, so that exec has none to enter. */
export const sharedPidNamespace: Remedy = {
  id: "shared-pid-namespace",
  title: "Run containers in the node's pid namespace",
  clears: ["no-pid-namespace-join"],
  fidelity: "emulated",
  harmless: false,
  cost: "about 50 ms a container, and the isolation of processes",
  disclosure:
    "A wrapper around runc takes the pid namespace out of every container: its first process is not number 1, and it sees the processes of the node and of other pods.",
  feasible: () => ({ verdict: "clear" }),
  adjust: (spec) => ({ ...spec, containerd: { ...spec.containerd, sharedPidNamespace: true } }),
};
