import type { Blocker } from "../contract/blocker.ts";
import { defaultRoute } from "../probes/default-route.ts";
import { blocked, clear, judge } from "./judge.ts";

/** Pods reach the outside where the machine does. Without it nothing stops, pods stay inside. */
export const noWayOut: Blocker = {
  id: "no-way-out",
  title: "Pods cannot reach the outside",
  needs: [defaultRoute],
  stops: [],
  upstream: "https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/proxy/iptables/proxier.go#L762",
  diagnose: (facts) =>
    judge(facts, defaultRoute, (value) => (value === null ? blocked("there is no default route") : clear)),
};
