import type { Blocker } from "../contract/blocker.ts";
import { capabilities } from "../probes/capabilities.ts";
import { blocked, clear, judge, nodeComponents } from "./judge.ts";

/** For mounts and namespaces. */
const ofTheNode = ["sys_admin"];

/** What containerd gives to every container, and so has to have itself. */
const ofContainers = [
  "chown",
  "dac_override",
  "fsetid",
  "fowner",
  "mknod",
  "net_raw",
  "setgid",
  "setuid",
  "setfcap",
  "setpcap",
  "net_bind_service",
  "sys_chroot",
  "kill",
  "audit_write",
];

/** A capability that neither this process nor a child of it can get. */
export const capabilitiesMissing: Blocker = {
  id: "capabilities-missing",
  title: "Missing capabilities",
  needs: [capabilities],
  stops: nodeComponents,
  upstream: "https://github.com/containerd/containerd/blob/v2.2.9/pkg/oci/spec.go#L124",
  diagnose: (facts) =>
    judge(facts, capabilities, ({ effective, bounding }) => {
      const missing = [...ofTheNode, ...ofContainers].filter(
        (name) => !effective.includes(name) || !bounding.includes(name),
      );
      return missing.length === 0 ? clear : blocked(`missing: ${missing.join(", ")}`);
    }),
};
