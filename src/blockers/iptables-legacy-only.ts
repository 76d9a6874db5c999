import type { Blocker } from "../contract/blocker.ts";
import { packetRules } from "../probes/packet-rules.ts";
import { blocked, clear, judge, podNetworkModes } from "./judge.ts";
import { isNft } from "./iptables-variant.ts";

/** Where the kernel has no nftables, the `iptables` of most distributions, which is the nft variant, can do nothing. */
export const iptablesLegacyOnly: Blocker = {
  id: "iptables-legacy-only",
  title: "Only the legacy variant of iptables works",
  needs: [packetRules],
  stops: [],
  modes: podNetworkModes,
  upstream: "https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/util/iptables/iptables.go#L755",
  diagnose: (facts) =>
    judge(facts, packetRules, ({ variants }) => {
      const failing = variants.find((variant) => isNft(variant) && !variant.rules.nat.ok);
      const legacy = variants.some((variant) => !isNft(variant) && variant.rules.nat.ok);
      if (failing === undefined || !legacy) return clear;
      return blocked(`\`${failing.name}\` says: ${failing.version}; iptables-legacy works`);
    }),
};
