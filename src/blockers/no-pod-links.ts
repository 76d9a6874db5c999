import type { Blocker } from "../contract/blocker.ts";
import { networkTrials } from "../probes/network-trials.ts";
import { blocked, clear, judge, podNetworkModes } from "./judge.ts";

/** Each pod hangs on the node by a veth pair of its own. */
export const noPodLinks: Blocker = {
  id: "no-pod-links",
  title: "No veth links",
  needs: [networkTrials],
  stops: ["containerd"],
  modes: podNetworkModes,
  upstream: "https://github.com/containerd/containerd/blob/v2.2.9/internal/cri/server/sandbox_run.go#L261",
  diagnose: (facts) =>
    judge(facts, networkTrials, ({ namespace, veth }) => {
      if (!namespace.ok) return clear; // no-network-namespace says it
      return veth.ok ? clear : blocked(`making a veth pair into another namespace failed: ${veth.message}`);
    }),
};
