import type { Blocker } from "../contract/blocker.ts";
import { packetRules } from "../probes/packet-rules.ts";
import { blocked, clear, judge, podNetworkModes } from "./judge.ts";

/** Packets of pods leave under the machine's address, for which MASQUERADE of the usual `iptables` is the plain way. */
export const noMasquerade: Blocker = {
  id: "no-masquerade",
  title: "The usual iptables cannot masquerade",
  needs: [packetRules],
  stops: [],
  modes: podNetworkModes,
  upstream: "https://github.com/containernetworking/plugins/blob/v1.9.1/pkg/ip/ipmasq_iptables_linux.go#L89",
  diagnose: (facts) =>
    judge(facts, packetRules, ({ variants }) => {
      const usual = variants.find(({ name }) => name === "iptables");
      if (usual === undefined) return blocked("there is no `iptables`");
      const { masquerade } = usual.rules;
      return masquerade.ok
        ? clear
        : blocked(usual.version === masquerade.message ? usual.version : `${usual.version}: ${masquerade.message}`);
    }),
};
