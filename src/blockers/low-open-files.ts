import type { Blocker } from "../contract/blocker.ts";
import { openFiles } from "../probes/open-files.ts";
import { blocked, clear, controlPlaneComponents, judge, nodeComponents } from "./judge.ts";

/** The API server alone holds some 300 files and sockets of an empty cluster; watches add to it. */
const needed = 1024;

/** Too few open files. Go raises the soft limit to the hard one by itself, so the hard one counts. */
export const lowOpenFiles: Blocker = {
  id: "low-open-files",
  title: "Too few open files",
  needs: [openFiles],
  stops: [...controlPlaneComponents, ...nodeComponents],
  upstream: "https://github.com/kubernetes/kubernetes/blob/v1.36.3/cmd/kubelet/app/server.go#L1280",
  diagnose: (facts) =>
    judge(facts, openFiles, ({ hard }) =>
      hard === null || hard >= needed
        ? clear
        : blocked(`a process may have ${String(hard)} files open at most, and needs ${String(needed)}`),
    ),
};
