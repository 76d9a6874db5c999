import type { Blocker } from "../contract/blocker.ts";
import { swap } from "../probes/swap.ts";
import { blocked, clear, judge } from "./judge.ts";

/** The kubelet refuses a machine with swap unless told otherwise. */
export const swapOn: Blocker = {
  id: "swap-on",
  title: "Swap is on",
  needs: [swap],
  stops: ["kubelet"],
  upstream: "https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/kubelet/cm/container_manager_linux.go#L224",
  diagnose: (facts) =>
    judge(facts, swap, ({ devices }) => (devices.length === 0 ? clear : blocked(`in use: ${devices.join(", ")}`))),
};
