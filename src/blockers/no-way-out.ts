import type { Blocker, Diagnosis } from "../contract/blocker.ts";
import { defaultRoute } from "../probes/default-route.ts";
import { ipForwarding } from "../probes/ip-forwarding.ts";
import { blocked, clear, judge } from "./judge.ts";

/** Pods reach the outside where the machine does and passes packets on. Without it nothing stops, pods stay inside. */
export const noWayOut: Blocker = {
  id: "no-way-out",
  title: "Pods cannot reach the outside",
  needs: [defaultRoute, ipForwarding],
  stops: [],
  upstream: "https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/proxy/iptables/proxier.go#L762",
  diagnose(facts): Diagnosis {
    const route = judge(facts, defaultRoute, (value) =>
      value === null ? blocked("there is no default route") : clear,
    );
    if (route.verdict !== "clear") return route;
    return judge(facts, ipForwarding, (forwarding) => {
      if (!forwarding.present) return blocked("net.ipv4.ip_forward is absent");
      return forwarding.writable || forwarding.value === "1"
        ? clear
        : blocked("net.ipv4.ip_forward is 0 and cannot be written");
    });
  },
};
