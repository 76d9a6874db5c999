import type { Blocker } from "../contract/blocker.ts";
import { cniPlugins } from "../probes/cni-plugins.ts";
import { blocked, clear, judge, podNetworkModes } from "./judge.ts";

/**
 * The kubelet calls a node Ready only with a CNI plugin, and k3s looks for
 * `host-local` before it starts anything, with a node or without. Upstream's
 * control plane asks for none, and a node here has sandkube's own: nothing stops.
 */
export const cniPluginsMissing: Blocker = {
  id: "cni-plugins-missing",
  title: "No stock CNI plugins",
  needs: [cniPlugins],
  stops: [],
  modes: podNetworkModes,
  upstream: "https://github.com/containerd/containerd/blob/v2.2.9/internal/cri/server/status.go#L45",
  diagnose: (facts) =>
    judge(facts, cniPlugins, ({ absent }) =>
      absent.length === 0
        ? clear
        : blocked(
            `absent: ${absent.join(", ")}; k3s would end without host-local, sandkube brings a plugin of its own`,
          ),
    ),
};
