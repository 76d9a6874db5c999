import type { Blocker } from "../contract/blocker.ts";
import { cgroupLayout } from "../probes/cgroup-layout.ts";
import { blocked, clear, judge, nodeComponents } from "./judge.ts";

/** What the kubelet wants mounted on a machine with version 1. */
export const neededControllers = ["cpu", "cpuacct", "cpuset", "memory"] as const;

/** Without cgroup mounts neither the kubelet nor runc starts anything. */
export const cgroupMissing: Blocker = {
  id: "cgroup-missing",
  title: "Cgroups are not mounted",
  needs: [cgroupLayout],
  stops: nodeComponents,
  upstream: "https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/kubelet/cm/container_manager_linux.go#L172",
  diagnose: (facts) =>
    judge(facts, cgroupLayout, ({ unified, mounted }) => {
      if (unified) return clear;
      const missing = neededControllers.filter((name) => !mounted.some((entry) => entry.controller === name));
      return missing.length === 0 ? clear : blocked(`not mounted: ${missing.join(", ")}`);
    }),
};
