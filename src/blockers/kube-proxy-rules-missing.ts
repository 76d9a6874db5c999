import type { Blocker } from "../contract/blocker.ts";
import { packetRules, type RuleFeature } from "../probes/packet-rules.ts";
import { blocked, clear, judge, podNetworkModes } from "./judge.ts";

const needed: readonly RuleFeature[] = ["masquerade", "mark", "comment", "conntrack", "statistic", "addrtype", "dnat"];

/** What kube-proxy's rules are made of. Nothing stops: there is no kube-proxy here, services go through sandkube's own relay. */
export const kubeProxyRulesMissing: Blocker = {
  id: "kube-proxy-rules-missing",
  title: "kube-proxy could not set its rules",
  needs: [packetRules],
  stops: [],
  modes: podNetworkModes,
  upstream: "https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/proxy/iptables/proxier.go#L378",
  diagnose: (facts) =>
    judge(facts, packetRules, ({ variants }) => {
      const lacks = variants.map(({ rules, version }) => ({
        version,
        missing: needed.filter((feature) => !rules[feature].ok),
      }));
      if (lacks.some(({ missing }) => missing.length === 0)) return clear;
      const [best] = lacks.sort((a, b) => a.missing.length - b.missing.length);
      const lack = best === undefined ? "there is no iptables" : `${best.version} lacks ${best.missing.join(", ")}`;
      return blocked(`${lack}; services go through sandkube's relay, which needs none of it`);
    }),
};
