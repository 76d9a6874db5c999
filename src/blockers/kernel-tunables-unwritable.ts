import type { Blocker } from "../contract/blocker.ts";
import { kernelTunables, kubeletTunables } from "../probes/kernel-tunables.ts";
import { blocked, clear, judge } from "./judge.ts";
import { refusedTunables } from "./refused-tunables.ts";

const paths = Object.keys(kubeletTunables).filter((path) => path !== "vm/overcommit_memory");

/** The kubelet writes the values it wants and ends where it may not, as under a read-only /proc/sys. */
export const kernelTunablesUnwritable: Blocker = {
  id: "kernel-tunables-unwritable",
  title: "Kernel settings that cannot be written",
  needs: [kernelTunables],
  stops: ["kubelet"],
  upstream: "https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/kubelet/cm/container_manager_linux.go#L513",
  diagnose: (facts) =>
    judge(facts, kernelTunables, ({ files }) => {
      const refused = refusedTunables(files, paths);
      return refused.length === 0 ? clear : blocked(refused.join("; "));
    }),
};
