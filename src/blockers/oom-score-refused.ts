import type { Blocker } from "../contract/blocker.ts";
import { oomScore } from "../probes/oom-score.ts";
import { blocked, clear, judge } from "./judge.ts";

/** containerd gives pod sandboxes the score -998, and runc ends where it cannot write it. */
export const oomScoreRefused: Blocker = {
  id: "oom-score-refused",
  title: "oom_score_adj cannot be lowered",
  needs: [oomScore],
  stops: ["containerd"],
  upstream:
    "https://github.com/containerd/containerd/blob/v2.2.9/internal/cri/server/podsandbox/sandbox_run_linux.go#L190",
  diagnose: (facts) =>
    judge(facts, oomScore, ({ canLower, current }) =>
      canLower
        ? clear
        : blocked(`-998 is refused; processes start with ${String(current)} (CAP_SYS_RESOURCE is missing)`),
    ),
};
