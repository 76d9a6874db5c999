import type { Blocker } from "../contract/blocker.ts";
import { kernelLog } from "../probes/kernel-log.ts";
import { blocked, clear, judge } from "./judge.ts";

/** The kubelet's OOM watcher opens /dev/kmsg, and the kubelet ends where that fails (outside a user namespace). */
export const noKmsg: Blocker = {
  id: "no-kmsg",
  title: "No /dev/kmsg",
  needs: [kernelLog],
  stops: ["kubelet"],
  upstream: "https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/kubelet/kubelet.go#L562",
  diagnose: (facts) =>
    judge(facts, kernelLog, ({ present, readable }) => {
      if (!present) return blocked("/dev/kmsg is absent");
      return readable ? clear : blocked("/dev/kmsg cannot be opened");
    }),
};
