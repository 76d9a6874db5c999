import type { Blocker } from "../contract/blocker.ts";
import { networkTunables } from "../probes/network-tunables.ts";
import { blocked, clear, judge, podNetworkModes } from "./judge.ts";

/** kube-proxy sets route_localnet and reads the conntrack limit. Nothing stops: there is no kube-proxy here. */
export const networkTunablesMissing: Blocker = {
  id: "network-tunables-missing",
  title: "Missing network settings under /proc/sys/net",
  needs: [networkTunables],
  stops: [],
  modes: podNetworkModes,
  upstream: "https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/proxy/iptables/proxier.go#L242",
  diagnose: (facts) =>
    judge(facts, networkTunables, ({ files }) =>
      files["net/ipv4/conf/all/route_localnet"]?.present === true
        ? clear
        : blocked(
            "absent under /proc/sys: net/ipv4/conf/all/route_localnet; kube-proxy would end, services go through sandkube's relay",
          ),
    ),
};
