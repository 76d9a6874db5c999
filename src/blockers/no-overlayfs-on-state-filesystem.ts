import type { Blocker } from "../contract/blocker.ts";
import { mountTrials } from "../probes/mount-trials.ts";
import { blocked, clear, judge } from "./judge.ts";

/** containerd's overlayfs snapshotter lays every container's root over its image, on the filesystem of its own directory. */
export const noOverlayfsOnStateFilesystem: Blocker = {
  id: "no-overlayfs-on-state-filesystem",
  title: "No overlayfs on the state directory's filesystem",
  needs: [mountTrials],
  stops: ["containerd"],
  upstream: "https://github.com/containerd/containerd/blob/v2.2.9/plugins/snapshots/overlay/overlayutils/check.go#L84",
  diagnose: (facts) =>
    judge(facts, mountTrials, ({ overlayOnState }) =>
      overlayOnState.ok ? clear : blocked(`overlayfs there: ${overlayOnState.message}`),
    ),
};
