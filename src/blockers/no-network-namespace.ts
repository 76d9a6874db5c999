import type { Blocker } from "../contract/blocker.ts";
import { networkTrials } from "../probes/network-trials.ts";
import { blocked, clear, judge, podNetworkModes } from "./judge.ts";

/** containerd makes a network namespace for every pod that is not on the host's network. */
export const noNetworkNamespace: Blocker = {
  id: "no-network-namespace",
  title: "No network namespaces",
  needs: [networkTrials],
  stops: ["containerd"],
  modes: podNetworkModes,
  upstream: "https://github.com/containerd/containerd/blob/v2.2.9/pkg/netns/netns_linux.go#L116",
  diagnose: (facts) =>
    judge(facts, networkTrials, ({ namespace }) => (namespace.ok ? clear : blocked(namespace.message))),
};
