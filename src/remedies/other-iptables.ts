import type { Facts } from "../contract/observation.ts";
import type { Remedy } from "../contract/remedy.ts";
import { defaultRoute } from "../probes/default-route.ts";
import { packetRules, type PacketRules } from "../probes/packet-rules.ts";
import { withEgress } from "./with-egress.ts";

/** Masquerades by another variant of iptables than the usual one. */
export const otherIptables: Remedy = {
  id: "other-iptables",
  title: "Masquerade by another iptables",
  clears: ["no-masquerade"],
  fidelity: "exact",
  harmless: false,
  cost: "nothing",
  disclosure: "Rules are set by another variant of iptables than the usual one, and the usual one does not list them.",
  feasible: (facts) =>
    masquerading(facts) === undefined
      ? { verdict: "blocked", because: "no variant of iptables can masquerade" }
      : { verdict: "clear" },
  adjust(spec, facts) {
    const variant = masquerading(facts);
    const link = facts.value(defaultRoute)?.link;
    if (variant === undefined || link === undefined) return spec;
    return withEgress(spec, { kind: "masquerade", iptables: variant.path, link });
  },
};

function masquerading(facts: Facts): PacketRules | undefined {
  return facts.value(packetRules)?.variants.find(({ rules }) => rules.masquerade.ok);
}
