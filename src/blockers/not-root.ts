import type { Blocker } from "../contract/blocker.ts";
import { userId } from "../probes/user-id.ts";
import { blocked, clear, judge, nodeComponents } from "./judge.ts";

/** A node mounts, makes namespaces and changes users, all of which is root's. */
export const notRoot: Blocker = {
  id: "not-root",
  title: "Not the root user",
  needs: [userId],
  stops: nodeComponents,
  upstream: "https://github.com/kubernetes/kubernetes/blob/v1.36.3/cmd/kubelet/app/server_others.go#L28",
  diagnose: (facts) =>
    judge(facts, userId, ({ uid }) =>
      uid === 0 ? clear : blocked(`this runs as user ${String(uid)}, and a node needs root`),
    ),
};
