import type { Blocker } from "../contract/blocker.ts";
import { pidNamespaceJoin } from "../probes/pid-namespace-join.ts";
import { blocked, clear, judge } from "./judge.ts";

/** `kubectl exec` and exec probes end in `runc exec`, which enters every namespace of the container. */
export const noPidNamespaceJoin: Blocker = {
  id: "no-pid-namespace-join",
  title: "A pid namespace cannot be entered",
  needs: [pidNamespaceJoin],
  stops: [],
  upstream: "https://github.com/opencontainers/runc/blob/v1.1.15/libcontainer/nsenter/nsexec.c#L628",
  diagnose: (facts) =>
    judge(facts, pidNamespaceJoin, ({ ok, message }) =>
      ok ? clear : blocked(`exec into a container fails: ${message}`),
    ),
};
