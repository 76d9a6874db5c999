import type { Remedy } from "../contract/remedy.ts";
import { withKubeletConfiguration } from "./kubelet-configuration.ts";

/** Tells the kubelet to run beside swap; pods still get none (NoSwap is the default). */
export const allowSwap: Remedy = {
  id: "allow-swap",
  title: "Run although swap is on",
  clears: ["swap-on"],
  fidelity: "exact",
  harmless: true,
  cost: "nothing",
  disclosure:
    "failSwapOn is false: on cgroups of version 1 the kernel may swap pods out, volumes in memory with secrets included.",
  feasible: () => ({ verdict: "clear" }),
  adjust: (spec) => withKubeletConfiguration(spec, { failSwapOn: false }),
};
