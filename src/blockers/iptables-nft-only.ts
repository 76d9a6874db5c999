import type { Blocker } from "../contract/blocker.ts";
import { packetRules } from "../probes/packet-rules.ts";
import { blocked, clear, judge, podNetworkModes } from "./judge.ts";
import { isNft } from "./iptables-variant.ts";

/** Where only nftables works, programs that bring their own iptables-legacy set rules that nobody sees, or none. */
export const iptablesNftOnly: Blocker = {
  id: "iptables-nft-only",
  title: "Only the nft variant of iptables works",
  needs: [packetRules],
  stops: [],
  modes: podNetworkModes,
  upstream: "https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/util/iptables/iptables.go#L755",
  diagnose: (facts) =>
    judge(facts, packetRules, ({ variants }) => {
      const working = variants.filter(({ rules }) => rules.nat.ok);
      return working.length === 0 || working.some((variant) => !isNft(variant))
        ? clear
        : blocked(`${working.map(({ version }) => version).join(", ")} works, and no legacy variant does`);
    }),
};
