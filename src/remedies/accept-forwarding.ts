import type { Remedy } from "../contract/remedy.ts";
import { forwardPolicies } from "../probes/forward-policies.ts";

/** Lets packets from and to pods through. */
export const acceptForwarding: Remedy = {
  id: "accept-forwarding",
  title: "Let packets of pods through the firewall",
  clears: ["forward-policy"],
  fidelity: "exact",
  harmless: false,
  cost: "nothing",
  disclosure:
    "Two rules at the top of the machine's chain FORWARD accept packets from and to the pod range while the cluster runs.",
  feasible: () => ({ verdict: "clear" }),
  adjust(spec, facts) {
    const closed = (facts.value(forwardPolicies) ?? []).filter(({ policy }) => policy !== "ACCEPT");
    return { ...spec, network: { ...spec.network, acceptForwardingBy: closed.map(({ path }) => path) } };
  },
};
