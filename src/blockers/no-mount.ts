import type { Blocker } from "../contract/blocker.ts";
import { mountTrials } from "../probes/mount-trials.ts";
import { blocked, clear, judge, nodeComponents } from "./judge.ts";

/** The kubelet mounts tmpfs for secrets; runc mounts every container's root. */
export const noMount: Blocker = {
  id: "no-mount",
  title: "Mounting is not permitted",
  needs: [mountTrials],
  stops: nodeComponents,
  upstream: "https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/volume/emptydir/empty_dir.go#L319",
  diagnose: (facts) =>
    judge(facts, mountTrials, ({ tmpfs, bind, namespace }) => {
      if (!namespace.ok) return clear; // no-mount-namespace says it
      if (!tmpfs.ok) return blocked(`mounting a tmpfs failed: ${tmpfs.message}`);
      return bind.ok ? clear : blocked(`a bind mount failed: ${bind.message}`);
    }),
};
