import type { Blocker } from "../contract/blocker.ts";
import { cgroupChildren } from "../probes/cgroup-children.ts";
import { cgroupLayout } from "../probes/cgroup-layout.ts";
import { blocked, clear, judge } from "./judge.ts";

/** What the kubelet writes in the cgroups of its quality-of-service classes and pods. */
const needed = ["cpu.shares", "cpu.cfs_period_us", "cpu.cfs_quota_us", "memory.limit_in_bytes", "pids.max"];

/** The kubelet keeps a tree of cgroups for pods unless told otherwise, and writes limits into it. */
export const cgroupWithoutLimits: Blocker = {
  id: "cgroup-without-limits",
  title: "Cgroups without the files that hold limits",
  needs: [cgroupLayout, cgroupChildren],
  stops: ["kubelet"],
  upstream: "https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/kubelet/cm/container_manager_linux.go#L548",
  diagnose: (facts) =>
    judge(facts, cgroupLayout, ({ unified }) =>
      judge(facts, cgroupChildren, ({ hierarchies }) => {
        if (unified) return clear;
        const files = hierarchies.flatMap((hierarchy) => hierarchy.files);
        const refused = hierarchies.flatMap((hierarchy) => hierarchy.refused);
        const missing = needed.filter((name) => !files.includes(name));
        if (missing.length > 0) return blocked(`a new cgroup lacks ${missing.join(", ")}`);
        return refused.length === 0 ? clear : blocked(`a new cgroup refuses writes to ${refused.join(", ")}`);
      }),
    ),
};
