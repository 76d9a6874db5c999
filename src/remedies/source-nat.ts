import type { Facts } from "../contract/observation.ts";
import type { Remedy } from "../contract/remedy.ts";
import { defaultRoute } from "../probes/default-route.ts";
import { packetRules, type PacketRules } from "../probes/packet-rules.ts";
import { withEgress } from "./with-egress.ts";

/** Rewrites packets of pods to the machine's present address. */
export const sourceNat: Remedy = {
  id: "source-nat",
  title: "Rewrite to a fixed address instead of masquerading",
  clears: ["no-masquerade"],
  fidelity: "emulated",
  harmless: false,
  cost: "nothing while the address stays",
  disclosure:
    "Packets of pods leave by SNAT to the address that the machine had when the cluster started, for TCP and UDP; when it changes, the cluster has to be started again, and ping does not leave.",
  feasible(facts) {
    if (rewriting(facts) === undefined)
      return { verdict: "blocked", because: "no variant of iptables takes SNAT rules" };
    if (facts.value(defaultRoute)?.address !== undefined) return { verdict: "clear" };
    return { verdict: "blocked", because: "the address of the way out is not known" };
  },
  adjust(spec, facts) {
    const variant = rewriting(facts);
    const route = facts.value(defaultRoute);
    if (variant === undefined || route?.address === undefined) return spec;
    return withEgress(spec, { kind: "snat", iptables: variant.path, link: route.link, address: route.address });
  },
};

function rewriting(facts: Facts): PacketRules | undefined {
  return facts.value(packetRules)?.variants.find(({ rules }) => rules.snat.ok);
}
