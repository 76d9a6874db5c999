import type { Remedy } from "../contract/remedy.ts";

/** Tells containerd to leave the two sysctls alone. Both, since a kernel before 4.11 is refused for either. */
export const unprivilegedSysctlsOff: Remedy = {
  id: "unprivileged-sysctls-off",
  title: "Leave unprivileged ports and pings as they are",
  clears: ["unprivileged-sysctls-missing"],
  fidelity: "emulated",
  harmless: true,
  cost: "nothing for containers that run as root",
  disclosure:
    "enable_unprivileged_ports and enable_unprivileged_icmp are false: a container that does not run as root needs NET_BIND_SERVICE for ports below 1024 and NET_RAW for ping where the kernel asks for them, which gVisor 2022-12 to 2026-07 does not.",
  feasible: () => ({ verdict: "clear" }),
  adjust: (spec) => ({
    ...spec,
    containerd: { ...spec.containerd, unprivilegedPorts: false, unprivilegedIcmp: false },
  }),
};
