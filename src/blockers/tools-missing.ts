import type { Blocker } from "../contract/blocker.ts";
import { tools } from "../probes/tools.ts";
import { blocked, clear, judge, nodeComponents } from "./judge.ts";

/** `mount` and `umount` are the kubelet's; `unshare` and `sh` make the node's mount namespace. */
const needed = ["mount", "umount", "unshare", "sh"] as const;

/** Programs that the kubelet or the node's start calls and that are not there. */
export const toolsMissing: Blocker = {
  id: "tools-missing",
  title: "Missing programs",
  needs: [tools],
  stops: nodeComponents,
  upstream: "https://github.com/kubernetes/mount-utils/blob/v0.36.3/mount.go#L33",
  diagnose: (facts) =>
    judge(facts, tools, (found) => {
      const missing = needed.filter((name) => found[name] === null);
      return missing.length === 0
        ? clear
        : blocked(`not on the PATH: ${missing.join(", ")} (Debian: util-linux, mount)`);
    }),
};
