import type { Blocker } from "../contract/blocker.ts";
import { networkTrials } from "../probes/network-trials.ts";
import { blocked, clear, judge } from "./judge.ts";

/** Pods hang on a bridge by a veth pair each. */
export const noPodLinks: Blocker = {
  id: "no-pod-links",
  title: "No bridge or veth links",
  needs: [networkTrials],
  stops: ["containerd"],
  upstream: "https://github.com/containerd/containerd/blob/v2.2.9/internal/cri/server/sandbox_run.go#L261",
  diagnose: (facts) =>
    judge(facts, networkTrials, ({ namespace, bridge, veth, bridgePort }) => {
      if (!namespace.ok) return clear; // no-network-namespace says it
      if (!bridge.ok) return blocked(`making a bridge failed: ${bridge.message}`);
      if (!veth.ok) return blocked(`making a veth pair failed: ${veth.message}`);
      return bridgePort.ok ? clear : blocked(`putting a veth on a bridge failed: ${bridgePort.message}`);
    }),
};
