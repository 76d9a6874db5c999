import type { Blocker } from "../contract/blocker.ts";
import { mountTrials } from "../probes/mount-trials.ts";
import { blocked, clear, judge, nodeComponents } from "./judge.ts";

/** runc gives every container a mount namespace and mounts in it; without one it would mount over the machine. */
export const noMountNamespace: Blocker = {
  id: "no-mount-namespace",
  title: "No mount namespaces",
  needs: [mountTrials],
  stops: nodeComponents,
  upstream: "https://github.com/opencontainers/runc/blob/v1.3.6/libcontainer/rootfs_linux.go#L601",
  diagnose: (facts) =>
    judge(facts, mountTrials, ({ namespace }) => (namespace.ok ? clear : blocked(namespace.message))),
};
