import type { Remedy } from "../contract/remedy.ts";
import { withEgress } from "./with-egress.ts";

/** Leaves pods without a way out. */
export const noEgress: Remedy = {
  id: "no-egress",
  title: "Do without a way out for pods",
  clears: ["no-masquerade", "no-way-out"],
  fidelity: "stubbed",
  harmless: false,
  cost: "everything outside the cluster",
  disclosure: "Pods reach each other and services, and nothing outside the cluster.",
  feasible: () => ({ verdict: "clear" }),
  adjust: (spec) => withEgress(spec, { kind: "none", because: "this machine has no way to let packets of pods out" }),
};
