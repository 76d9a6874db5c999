import type { Blocker } from "../contract/blocker.ts";
import { cgroupChildren } from "../probes/cgroup-children.ts";
import { cgroupLayout } from "../probes/cgroup-layout.ts";
import { blocked, clear, judge } from "./judge.ts";

/**
 * cAdvisor keeps no statistics of the root cgroup where this file is missing, and
 * then does not answer what the kubelet asks of the root filesystem either,
 * whatever its type: measured in gVisor 2026-07 with the kubelet's root on a tmpfs.
 */
const needed = "cpuacct.usage_percpu";

/** Without statistics of the root cgroup the kubelet ends as it starts, and evicts nothing later on. */
export const cgroupStatisticsMissing: Blocker = {
  id: "cgroup-statistics-missing",
  title: "Cgroups without the statistics that cAdvisor reads",
  needs: [cgroupLayout, cgroupChildren],
  stops: ["kubelet"],
  upstream: "https://github.com/opencontainers/cgroups/blob/v0.0.6/fs/cpuacct.go#L102",
  diagnose: (facts) =>
    judge(facts, cgroupLayout, ({ unified }) =>
      judge(facts, cgroupChildren, ({ hierarchies }) =>
        unified || hierarchies.some(({ files }) => files.includes(needed))
          ? clear
          : blocked(
              `${needed} is absent; the kubelet would end with "failed to get rootfs info: unable to find data in memory cache"`,
            ),
      ),
    ),
};
