import type { Blocker } from "../contract/blocker.ts";
import { kernelTunables } from "../probes/kernel-tunables.ts";
import { blocked, clear, judge } from "./judge.ts";
import { refusedTunables } from "./refused-tunables.ts";

/** The kubelet sets vm.overcommit_memory to 1; gVisor shows a 0 that nobody may change. */
export const overcommitMemoryUnwritable: Blocker = {
  id: "overcommit-memory-unwritable",
  title: "vm.overcommit_memory cannot be written",
  needs: [kernelTunables],
  stops: ["kubelet"],
  upstream: "https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/kubelet/cm/container_manager_linux.go#L485",
  diagnose: (facts) =>
    judge(facts, kernelTunables, ({ files }) => {
      const refused = refusedTunables(files, ["vm/overcommit_memory"]);
      return refused.length === 0 ? clear : blocked(refused.join("; "));
    }),
};
