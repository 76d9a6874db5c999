import type { Remedy } from "../contract/remedy.ts";
import { memory } from "../probes/memory.ts";
import { mountsFeasible, withMounts } from "./node-mounts.ts";

/** An empty cluster takes 1.2 GB; with less than this, images in memory would push pods out. */
const neededBytes = 2 * 2 ** 30;

/** Keeps images and container roots on a tmpfs, where overlayfs works. */
export const containerdRootOnTmpfs: Remedy = {
  id: "containerd-root-on-tmpfs",
  title: "Keep images and container roots in memory",
  clears: ["no-overlayfs-on-state-filesystem"],
  fidelity: "exact",
  harmless: false,
  cost: "memory for images and for what containers write",
  disclosure: "Images and container roots lie in memory and are gone after `down`; images are imported again by `up`.",
  feasible(facts) {
    const mounts = mountsFeasible(facts, ["tmpfs", "overlayOnTmpfs"]);
    if (mounts.verdict !== "clear") return mounts;
    const available = facts.value(memory);
    if (available === undefined) return { verdict: "unknown", because: "the size of the memory is not known" };
    const bytes = Math.min(available.availableBytes, available.cgroupLimitBytes ?? Infinity);
    if (bytes >= neededBytes) return { verdict: "clear" };
    return { verdict: "blocked", because: `only ${String(Math.round(bytes / 2 ** 20))} MiB of memory are there` };
  },
  adjust: (spec) => withMounts(spec, [{ kind: "tmpfs", target: spec.containerd.rootDirectory }]),
};
