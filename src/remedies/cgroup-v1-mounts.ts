import type { NodeMount } from "../contract/cluster-spec.ts";
import type { Remedy } from "../contract/remedy.ts";
import { cgroupLayout } from "../probes/cgroup-layout.ts";
import { mountTrials } from "../probes/mount-trials.ts";
import { mountsFeasible, withMounts } from "./node-mounts.ts";

/** What the kubelet and runc want to see, as far as the kernel has it. */
const controllers = ["cpu", "cpuacct", "cpuset", "memory", "devices", "pids"];

/** Mounts the version 1 hierarchies anew, in the node's mount namespace. */
export const cgroupV1Mounts: Remedy = {
  id: "cgroup-v1-mounts",
  title: "Mount cgroups of version 1",
  clears: ["cgroup-missing", "cgroup-read-only"],
  fidelity: "exact",
  harmless: false,
  cost: "a mount for each controller",
  disclosure: "The cgroup hierarchies are mounted by sandkube, in the node's mount namespace only.",
  feasible(facts) {
    const mounts = mountsFeasible(facts, ["tmpfs"]);
    if (mounts.verdict !== "clear") return mounts;
    const trial = facts.value(mountTrials)?.cgroupV1;
    if (trial === undefined) return { verdict: "blocked", because: "some hierarchies are in use already" };
    return trial.ok ? { verdict: "clear" } : { verdict: "blocked", because: trial.message };
  },
  adjust(spec, facts) {
    const known = facts.value(cgroupLayout)?.known ?? [];
    // gVisor lists controllers only once they are mounted.
    const present = known.length === 0 ? controllers : controllers.filter((name) => known.includes(name));
    const mounts: NodeMount[] = [{ kind: "tmpfs", target: "/sys/fs/cgroup" }];
    for (const name of present) mounts.push({ kind: "cgroup-v1", target: `/sys/fs/cgroup/${name}`, controllers: name });
    return withMounts(spec, mounts);
  },
};
