import type { Blocker } from "../contract/blocker.ts";
import { packetRules } from "../probes/packet-rules.ts";
import { blocked, clear, judge, podNetworkModes } from "./judge.ts";

/** Without the program nothing sets packet rules: pods have no way out, and kube-proxy ends. */
export const iptablesMissing: Blocker = {
  id: "iptables-missing",
  title: "No iptables",
  needs: [packetRules],
  stops: [],
  modes: podNetworkModes,
  upstream: "https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/util/iptables/iptables.go#L755",
  diagnose: (facts) =>
    judge(facts, packetRules, ({ variants }) =>
      variants.length > 0 ? clear : blocked("there is no iptables on the PATH"),
    ),
};
