import type { Remedy } from "../contract/remedy.ts";

/** Answers at once where an answer would never come. */
export const noOutsideNames: Remedy = {
  id: "no-outside-names",
  title: "Say at once that names outside the cluster do not resolve",
  clears: ["no-resolver"],
  fidelity: "stubbed",
  harmless: false,
  cost: "every name outside the cluster",
  disclosure:
    'The cluster\'s DNS answers every name outside the cluster with NXDOMAIN (and the extended error "Network Error"), because no name server of this machine answers. Programs that leave through an HTTP proxy need no such name.',
  feasible: () => ({ verdict: "clear" }),
  adjust: (spec) => ({ ...spec, network: { ...spec.network, resolvers: [] } }),
};
