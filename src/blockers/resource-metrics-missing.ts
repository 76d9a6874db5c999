import type { Blocker } from "../contract/blocker.ts";
import { cgroupChildren } from "../probes/cgroup-children.ts";
import { cgroupLayout } from "../probes/cgroup-layout.ts";
import { blocked, clear, judge } from "./judge.ts";

/** What runc's library reads of a cgroup of version 1, and gives up without, so that cAdvisor and containerd have no figures. */
const needed = ["cpuacct.usage_percpu", "memory.stat"];

/** The kubelet's /metrics/resource is the only place that metrics-server asks. */
export const resourceMetricsMissing: Blocker = {
  id: "resource-metrics-missing",
  title: "A kubelet that cannot tell what pods use",
  needs: [cgroupLayout, cgroupChildren],
  stops: ["metrics-server"],
  upstream: "https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/kubelet/server/stats/summary.go#L139",
  diagnose: (facts) =>
    judge(facts, cgroupLayout, ({ unified }) =>
      judge(facts, cgroupChildren, ({ hierarchies }) => {
        if (unified) return clear;
        const absent = needed.filter((name) => !hierarchies.some(({ files }) => files.includes(name)));
        if (absent.length === 0) return clear;
        return blocked(
          `${absent.join(" and ")} ${absent.length === 1 ? "is" : "are"} absent; the kubelet's /metrics/resource would hold no figure`,
        );
      }),
    ),
};
