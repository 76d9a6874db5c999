import { basename, dirname } from "node:path";
import type { NodeMount } from "../contract/cluster-spec.ts";
import type { Remedy } from "../contract/remedy.ts";
import { kernelTunables } from "../probes/kernel-tunables.ts";
import { mountsFeasible, withMounts } from "./node-mounts.ts";
import { suppliedTunables } from "./supplied-tunables.ts";

/**
 * Covers the directories of the kubelet's kernel settings, in the node's mount
 * namespace only, so that the missing ones are there and the refused ones can be
 * written. Everything else in them stays live.
 */
export const procSysSupplement: Remedy = {
  id: "proc-sys-supplement",
  title: "Supply the kernel settings by a mount",
  clears: ["kernel-tunables-missing", "kernel-tunables-unwritable", "overcommit-memory-unwritable"],
  fidelity: "stubbed",
  harmless: false,
  cost: "a few mounts; nothing per system call",
  disclosure:
    "The supplied files under /proc/sys are plain files: what the kubelet writes to them (overcommit, panic and key limits) changes nothing in the kernel.",
  feasible: (facts) => mountsFeasible(facts, ["tmpfs", "bind", "overProcSys"]),
  adjust(spec, facts) {
    const found = facts.value(kernelTunables);
    if (found === undefined) return spec;
    const supplied = new Map<string, Record<string, string>>();
    for (const [path, content] of Object.entries(suppliedTunables(facts))) {
      const files = supplied.get(dirname(path)) ?? {};
      files[basename(path)] = content;
      supplied.set(dirname(path), files);
    }
    const mounts: NodeMount[] = [];
    // A directory comes before those in it: covering it later would hide what was mounted there.
    for (const directory of [...supplied.keys()].sort()) {
      const target = `/proc/sys/${directory}`;
      // One that is absent can be made only in a directory that is covered already; a tmpfs makes its own mount point there.
      if (!found.directories.includes(directory)) mounts.push({ kind: "tmpfs", target });
      mounts.push({ kind: "supplement", target, files: supplied.get(directory) ?? {} });
    }
    return withMounts(spec, mounts);
  },
};
