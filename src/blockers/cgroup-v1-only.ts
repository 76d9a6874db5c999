import type { Blocker } from "../contract/blocker.ts";
import { cgroupLayout } from "../probes/cgroup-layout.ts";
import { blocked, clear, judge } from "./judge.ts";

/** Since 1.35 the kubelet refuses a machine whose /sys/fs/cgroup is not version 2. */
export const cgroupV1Only: Blocker = {
  id: "cgroup-v1-only",
  title: "Cgroups of version 1",
  needs: [cgroupLayout],
  stops: ["kubelet"],
  upstream:
    "https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/kubelet/apis/config/validation/validation_linux.go#L35",
  diagnose: (facts) =>
    judge(facts, cgroupLayout, ({ unified, kind }) =>
      unified ? clear : blocked(`/sys/fs/cgroup is not version 2 (here: ${kind})`),
    ),
};
