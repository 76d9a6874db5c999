import type { Remedy } from "../contract/remedy.ts";
import { mountsFeasible, withMounts } from "./node-mounts.ts";

/** Gives the kubelet a /dev/kmsg that stays silent. */
export const emptyKernelLog: Remedy = {
  id: "empty-kernel-log",
  title: "Supply an empty /dev/kmsg by a mount",
  clears: ["no-kmsg"],
  fidelity: "stubbed",
  harmless: false,
  cost: "a few mounts",
  disclosure:
    "/dev/kmsg is an empty file: the kubelet never hears of an OOM kill of the kernel, and records no SystemOOM event.",
  feasible: (facts) => mountsFeasible(facts, ["tmpfs", "bind"]),
  adjust: (spec) => withMounts(spec, [{ kind: "supplement", target: "/dev", files: { kmsg: "" } }]),
};
