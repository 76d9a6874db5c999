import type { Blocker } from "../contract/blocker.ts";
import { ipForwarding } from "../probes/ip-forwarding.ts";
import { blocked, clear, judge, podNetworkModes } from "./judge.ts";

/** The node passes packets on from pod to pod. Pods that do not reach each other are no cluster's. */
export const noForwarding: Blocker = {
  id: "no-forwarding",
  title: "Packets are not passed on from pod to pod",
  needs: [ipForwarding],
  stops: ["containerd"],
  modes: podNetworkModes,
  upstream: "https://www.kernel.org/doc/html/latest/networking/ip-sysctl.html",
  diagnose: (facts) =>
    judge(facts, ipForwarding, (forwarding) => {
      if (!forwarding.present) return blocked("net.ipv4.ip_forward is absent");
      return forwarding.writable || forwarding.value === "1"
        ? clear
        : blocked("net.ipv4.ip_forward is 0 and cannot be written");
    }),
};
