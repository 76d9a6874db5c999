import type { Blocker } from "../contract/blocker.ts";
import { networkTrials } from "../probes/network-trials.ts";
import { blocked, clear, judge, podNetworkModes } from "./judge.ts";

/** The stock CNI plugin `bridge` asks what kind of link it made. Ours does not ask, so nothing stops. */
export const linkInfoMissing: Blocker = {
  id: "link-info-missing",
  title: "The kernel does not say what kind a link is",
  needs: [networkTrials],
  stops: [],
  modes: podNetworkModes,
  upstream: "https://github.com/containernetworking/plugins/blob/v1.9.1/plugins/main/bridge/bridge.go#L327",
  diagnose: (facts) =>
    judge(facts, networkTrials, ({ bridge, linkInfo }) =>
      !bridge.ok || linkInfo.ok
        ? clear
        : blocked(
            'the stock CNI plugin `bridge` would end with "already exists but is not a bridge"; sandkube\'s own plugin does not ask',
          ),
    ),
};
