import type { Blocker } from "../contract/blocker.ts";
import { processLimit } from "../probes/process-limit.ts";
import { blocked, clear, judge, nodeComponents } from "./judge.ts";

/** An empty cluster has some 150 threads; each pod adds about 30 with its shim. */
const needed = 512;

/** Too few processes and threads for a node. */
export const lowProcessLimit: Blocker = {
  id: "low-process-limit",
  title: "Too few processes",
  needs: [processLimit],
  stops: nodeComponents,
  upstream: "https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/kubelet/stats/pidlimit/pidlimit_linux.go#L40",
  diagnose: (facts) =>
    judge(facts, processLimit, ({ cgroup, pidMax }) => {
      const limit = Math.min(cgroup ?? Infinity, pidMax ?? Infinity);
      return limit >= needed ? clear : blocked(`${String(limit)} at most, and a node needs ${String(needed)}`);
    }),
};
