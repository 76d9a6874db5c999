import type { Blocker } from "../contract/blocker.ts";
import { cgroupLayout } from "../probes/cgroup-layout.ts";
import { blocked, clear, judge } from "./judge.ts";

/** containerd asks for cgroup namespaces on version 2 only, so that nothing stops without them on version 1. */
export const noCgroupNamespace: Blocker = {
  id: "no-cgroup-namespace",
  title: "No cgroup namespaces",
  needs: [cgroupLayout],
  stops: [],
  upstream: "https://github.com/containerd/containerd/blob/v2.2.9/internal/cri/server/container_create.go#L815",
  diagnose: (facts) =>
    judge(facts, cgroupLayout, ({ namespaces }) =>
      namespaces ? clear : blocked("containers see the paths of the node's own cgroups"),
    ),
};
