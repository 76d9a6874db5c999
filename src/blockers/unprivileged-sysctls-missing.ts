import type { Blocker, Diagnosis } from "../contract/blocker.ts";
import { kernel } from "../probes/kernel.ts";
import { podSysctls } from "../probes/pod-sysctls.ts";
import { blocked, clear, judge, podNetworkModes } from "./judge.ts";

/** containerd sets two sysctls in each pod's network namespace by default, and refuses kernels before 4.11 outright. */
export const unprivilegedSysctlsMissing: Blocker = {
  id: "unprivileged-sysctls-missing",
  title: "Unprivileged ports and pings cannot be allowed",
  needs: [podSysctls, kernel],
  stops: ["containerd"],
  modes: podNetworkModes,
  upstream:
    "https://github.com/containerd/containerd/blob/v2.2.9/internal/cri/server/podsandbox/sandbox_run_linux.go#L169",
  diagnose(facts): Diagnosis {
    const release = facts.value(kernel)?.release;
    if (release !== undefined && isBefore411(release)) {
      return blocked(`the kernel calls itself ${release}, and containerd wants 4.11 for them`);
    }
    return judge(facts, podSysctls, ({ unprivilegedPorts, unprivilegedIcmp }) => {
      const failed = [
        ...(unprivilegedPorts.ok ? [] : [`net.ipv4.ip_unprivileged_port_start: ${unprivilegedPorts.message}`]),
        ...(unprivilegedIcmp.ok ? [] : [`net.ipv4.ping_group_range: ${unprivilegedIcmp.message}`]),
      ];
      return failed.length === 0 ? clear : blocked(failed.join("; "));
    });
  },
};

/** https://github.com/containerd/containerd/blob/v2.2.9/internal/cri/config/config_kernel_linux.go#L31 */
function isBefore411(release: string): boolean {
  const [major = 0, minor = 0] = release.split(/[.-]/).map(Number);
  return major < 4 || (major === 4 && minor < 11);
}
