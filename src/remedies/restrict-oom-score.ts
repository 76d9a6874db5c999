import type { Remedy } from "../contract/remedy.ts";

/** Tells containerd to ask for no lower score than its own. */
export const restrictOomScore: Remedy = {
  id: "restrict-oom-score",
  title: "Give containers no lower oom_score_adj than containerd's",
  clears: ["oom-score-refused"],
  fidelity: "emulated",
  harmless: true,
  cost: "nothing until memory runs out",
  disclosure:
    "restrict_oom_score_adj is true: the OOM killer may take a pod's sandbox or a guaranteed pod before others.",
  feasible: () => ({ verdict: "clear" }),
  adjust: (spec) => ({ ...spec, containerd: { ...spec.containerd, restrictOomScoreAdj: true } }),
};
