import type { Blocker } from "../contract/blocker.ts";
import { forwardPolicies } from "../probes/forward-policies.ts";
import { blocked, clear, judge, podNetworkModes } from "./judge.ts";

/** A firewall, or Docker, has the machine drop what no rule lets through; packets between pods are among that. */
export const forwardPolicy: Blocker = {
  id: "forward-policy",
  title: "The firewall does not pass packets of pods on",
  needs: [forwardPolicies],
  stops: [],
  modes: podNetworkModes,
  upstream: "https://docs.docker.com/engine/network/packet-filtering-firewalls/#docker-on-a-router",
  diagnose: (facts) =>
    judge(facts, forwardPolicies, (policies) => {
      const closed = policies.find(({ policy }) => policy !== "ACCEPT");
      return closed === undefined ? clear : blocked(`${closed.path}: the policy of FORWARD is ${closed.policy}`);
    }),
};
