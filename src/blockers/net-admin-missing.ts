import type { Blocker } from "../contract/blocker.ts";
import { capabilities } from "../probes/capabilities.ts";
import { blocked, clear, judge, podNetworkModes } from "./judge.ts";

/** The CNI plugin makes links, routes and rules, as every other one does. */
export const netAdminMissing: Blocker = {
  id: "net-admin-missing",
  title: "Missing capability net_admin",
  needs: [capabilities],
  stops: ["containerd"],
  modes: podNetworkModes,
  upstream: "https://github.com/containernetworking/plugins/blob/v1.9.1/plugins/main/bridge/bridge.go#L343",
  diagnose: (facts) =>
    judge(facts, capabilities, ({ effective, bounding }) =>
      effective.includes("net_admin") && bounding.includes("net_admin") ? clear : blocked("net_admin is not there"),
    ),
};
