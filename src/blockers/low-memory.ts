import type { Blocker } from "../contract/blocker.ts";
import { memory } from "../probes/memory.ts";
import { blocked, clear, judge, mebibytes, nodeComponents } from "./judge.ts";

/** An empty cluster takes 0.8 to 1.2 GB; below this there is no room for one pod. */
const needed = 2 ** 30;

/** Too little memory for a node. The API alone still runs. */
export const lowMemory: Blocker = {
  id: "low-memory",
  title: "Too little memory for a node",
  needs: [memory],
  stops: nodeComponents,
  upstream: "https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/kubelet/eviction/defaults_linux.go#L23",
  diagnose: (facts) =>
    judge(facts, memory, ({ totalBytes, cgroupLimitBytes }) => {
      const limit = Math.min(totalBytes, cgroupLimitBytes ?? Infinity);
      return limit >= needed ? clear : blocked(`${mebibytes(limit)} in all, and a node needs ${mebibytes(needed)}`);
    }),
};
