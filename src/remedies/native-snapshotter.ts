import type { Remedy } from "../contract/remedy.ts";

/** Copies every layer instead of laying one over another. */
export const nativeSnapshotter: Remedy = {
  id: "native-snapshotter",
  title: "Copy image layers",
  clears: ["no-overlayfs-on-state-filesystem"],
  fidelity: "exact",
  harmless: true,
  cost: "a full copy of its image on disk for each container, and the time to make it",
  disclosure: "containerd uses the native snapshotter: every container starts with a copy of its whole image.",
  feasible: () => ({ verdict: "clear" }),
  adjust: (spec) => ({ ...spec, containerd: { ...spec.containerd, snapshotter: "native" } }),
};
