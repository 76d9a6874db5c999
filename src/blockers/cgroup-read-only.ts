import type { Blocker } from "../contract/blocker.ts";
import { cgroupChildren } from "../probes/cgroup-children.ts";
import { blocked, clear, judge, nodeComponents } from "./judge.ts";

/** runc makes a cgroup for every container, in each hierarchy that is mounted. */
export const cgroupReadOnly: Blocker = {
  id: "cgroup-read-only",
  title: "No cgroup can be made",
  needs: [cgroupChildren],
  stops: nodeComponents,
  upstream: "https://github.com/opencontainers/cgroups/blob/v0.0.6/fs/paths.go#L165",
  diagnose: (facts) =>
    judge(facts, cgroupChildren, ({ hierarchies }) => {
      const refused = hierarchies.filter((hierarchy) => !hierarchy.ok);
      return refused.length === 0 ? clear : blocked(`mkdir fails in ${refused.map(({ path }) => path).join(", ")}`);
    }),
};
