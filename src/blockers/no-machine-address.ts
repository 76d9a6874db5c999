import type { Blocker } from "../contract/blocker.ts";
import { defaultRoute } from "../probes/default-route.ts";
import { blocked, clear, judge } from "./judge.ts";

/** Where pods share the machine's network the node has its address, which the kubelet wants to be one that others could reach. */
export const noMachineAddress: Blocker = {
  id: "no-machine-address",
  title: "No address but loopback",
  needs: [defaultRoute],
  stops: ["kubelet"],
  modes: ["host-network"],
  upstream: "https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/kubelet/kubelet_node_status.go#L719",
  diagnose: (facts) =>
    judge(facts, defaultRoute, (route) =>
      route?.address === undefined ? blocked("no default route leads over a link with an IPv4 address") : clear,
    ),
};
