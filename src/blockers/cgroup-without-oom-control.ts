import type { Blocker } from "../contract/blocker.ts";
import { cgroupChildren } from "../probes/cgroup-children.ts";
import { cgroupLayout } from "../probes/cgroup-layout.ts";
import { blocked, clear, judge } from "./judge.ts";

/** containerd's shim watches memory.oom_control and goes on without it: nothing stops, `OOMKilled` is never reported. */
export const cgroupWithoutOomControl: Blocker = {
  id: "cgroup-without-oom-control",
  title: "No memory.oom_control",
  needs: [cgroupLayout, cgroupChildren],
  stops: [],
  upstream: "https://github.com/containerd/containerd/blob/v2.2.9/cmd/containerd-shim-runc-v2/task/service.go#L259",
  diagnose: (facts) =>
    judge(facts, cgroupLayout, ({ unified }) =>
      judge(facts, cgroupChildren, ({ hierarchies }) =>
        unified || hierarchies.some(({ files }) => files.includes("memory.oom_control"))
          ? clear
          : blocked("memory.oom_control is absent: no pod is ever reported as OOMKilled"),
      ),
    ),
};
