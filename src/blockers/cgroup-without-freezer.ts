import type { Blocker } from "../contract/blocker.ts";
import { cgroupLayout } from "../probes/cgroup-layout.ts";
import { blocked, clear, judge } from "./judge.ts";

/** runc pauses containers by the freezer and does without it otherwise: nothing stops, pausing is lost. */
export const cgroupWithoutFreezer: Blocker = {
  id: "cgroup-without-freezer",
  title: "No freezer",
  needs: [cgroupLayout],
  stops: [],
  upstream: "https://github.com/opencontainers/cgroups/blob/v0.0.6/fs/fs.go#L235",
  diagnose: (facts) =>
    judge(facts, cgroupLayout, ({ unified, mounted }) =>
      unified || mounted.some(({ controller }) => controller === "freezer")
        ? clear
        : blocked("the freezer is not mounted: containers cannot be paused"),
    ),
};
