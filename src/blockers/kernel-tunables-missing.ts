import type { Blocker } from "../contract/blocker.ts";
import { kernelTunables } from "../probes/kernel-tunables.ts";
import { blocked, clear, judge } from "./judge.ts";

/** The kubelet reads six files under /proc/sys and ends where one is absent. */
export const kernelTunablesMissing: Blocker = {
  id: "kernel-tunables-missing",
  title: "Missing kernel settings under /proc/sys",
  needs: [kernelTunables],
  stops: ["kubelet"],
  upstream: "https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/kubelet/cm/container_manager_linux.go#L497",
  diagnose: (facts) =>
    judge(facts, kernelTunables, ({ files }) => {
      const missing = Object.keys(files).filter((path) => files[path]?.present !== true);
      return missing.length === 0 ? clear : blocked(`absent under /proc/sys: ${missing.join(", ")}`);
    }),
};
