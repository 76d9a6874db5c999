import type { Blocker } from "../contract/blocker.ts";
import { capabilitiesMissing } from "./capabilities-missing.ts";
import { cgroupMissing } from "./cgroup-missing.ts";
import { cgroupReadOnly } from "./cgroup-read-only.ts";
import { cgroupV1Only } from "./cgroup-v1-only.ts";
import { cgroupStatisticsMissing } from "./cgroup-statistics-missing.ts";
import { cgroupWithoutFreezer } from "./cgroup-without-freezer.ts";
import { cgroupWithoutLimits } from "./cgroup-without-limits.ts";
import { cgroupWithoutOomControl } from "./cgroup-without-oom-control.ts";
import { clockWrong } from "./clock-wrong.ts";
import { forwardPolicy } from "./forward-policy.ts";
import { cniPluginsMissing } from "./cni-plugins-missing.ts";
import { egressThroughProxy } from "./egress-through-proxy.ts";
import { iptablesLegacyOnly } from "./iptables-legacy-only.ts";
import { iptablesMissing } from "./iptables-missing.ts";
import { iptablesNftOnly } from "./iptables-nft-only.ts";
import { kernelTunablesMissing } from "./kernel-tunables-missing.ts";
import { kernelTunablesUnwritable } from "./kernel-tunables-unwritable.ts";
import { keyringMissing } from "./keyring-missing.ts";
import { kubeProxyRulesMissing } from "./kube-proxy-rules-missing.ts";
import { linkInfoMissing } from "./link-info-missing.ts";
import { lowDisk } from "./low-disk.ts";
import { lowMemory } from "./low-memory.ts";
import { lowOpenFiles } from "./low-open-files.ts";
import { lowProcessLimit } from "./low-process-limit.ts";
import { netAdminMissing } from "./net-admin-missing.ts";
import { networkTunablesMissing } from "./network-tunables-missing.ts";
import { noCgroupNamespace } from "./no-cgroup-namespace.ts";
import { noForwarding } from "./no-forwarding.ts";
import { noKmsg } from "./no-kmsg.ts";
import { noMachineAddress } from "./no-machine-address.ts";
import { noMasquerade } from "./no-masquerade.ts";
import { noMount } from "./no-mount.ts";
import { noMountNamespace } from "./no-mount-namespace.ts";
import { noNetworkNamespace } from "./no-network-namespace.ts";
import { noOverlayfsOnStateFilesystem } from "./no-overlayfs-on-state-filesystem.ts";
import { noPidNamespaceJoin } from "./no-pid-namespace-join.ts";
import { noPodLinks } from "./no-pod-links.ts";
import { noResolver } from "./no-resolver.ts";
import { noWayOut } from "./no-way-out.ts";
import { notRoot } from "./not-root.ts";
import { oomScoreRefused } from "./oom-score-refused.ts";
import { overcommitMemoryUnwritable } from "./overcommit-memory-unwritable.ts";
import { rootfsUnknownToCadvisor } from "./rootfs-unknown-to-cadvisor.ts";
import { resourceMetricsMissing } from "./resource-metrics-missing.ts";
import { swapOn } from "./swap-on.ts";
import { toolsMissing } from "./tools-missing.ts";
import { unprivilegedSysctlsMissing } from "./unprivileged-sysctls-missing.ts";

/** Every blocker, in the order of reports: privileges, namespaces, storage, kernel, cgroups, network, limits. */
export const blockers: readonly Blocker[] = [
  notRoot,
  capabilitiesMissing,
  toolsMissing,
  noMountNamespace,
  noMount,
  noNetworkNamespace,
  netAdminMissing,
  noPodLinks,
  noPidNamespaceJoin,
  linkInfoMissing,
  rootfsUnknownToCadvisor,
  noOverlayfsOnStateFilesystem,
  lowDisk,
  kernelTunablesMissing,
  kernelTunablesUnwritable,
  overcommitMemoryUnwritable,
  noKmsg,
  keyringMissing,
  oomScoreRefused,
  cgroupMissing,
  cgroupReadOnly,
  cgroupV1Only,
  cgroupStatisticsMissing,
  cgroupWithoutLimits,
  cgroupWithoutFreezer,
  cgroupWithoutOomControl,
  resourceMetricsMissing,
  noCgroupNamespace,
  unprivilegedSysctlsMissing,
  noForwarding,
  forwardPolicy,
  networkTunablesMissing,
  cniPluginsMissing,
  noMachineAddress,
  iptablesMissing,
  iptablesNftOnly,
  iptablesLegacyOnly,
  noMasquerade,
  noWayOut,
  egressThroughProxy,
  noResolver,
  kubeProxyRulesMissing,
  swapOn,
  lowMemory,
  lowOpenFiles,
  lowProcessLimit,
  clockWrong,
];
