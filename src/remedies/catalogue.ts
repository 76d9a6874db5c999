import type { Remedy } from "../contract/remedy.ts";
import { acceptForwarding } from "./accept-forwarding.ts";
import { allowCgroupV1 } from "./allow-cgroup-v1.ts";
import { allowSwap } from "./allow-swap.ts";
import { cgroupV1Mounts } from "./cgroup-v1-mounts.ts";
import { cgroupResourceMetrics } from "./cgroup-resource-metrics.ts";
import { cgroupsPerPodOff } from "./cgroups-per-pod-off.ts";
import { containerdRootOnTmpfs } from "./containerd-root-on-tmpfs.ts";
import { emptyKernelLog } from "./empty-kernel-log.ts";
import { localStorageAccountingOff } from "./local-storage-accounting-off.ts";
import { nativeSnapshotter } from "./native-snapshotter.ts";
import { noEgress } from "./no-egress.ts";
import { noNewKeyring } from "./no-new-keyring.ts";
import { noOutsideNames } from "./no-outside-names.ts";
import { otherIptables } from "./other-iptables.ts";
import { procSysRedirector } from "./proc-sys-redirector.ts";
import { procSysSupplement } from "./proc-sys-supplement.ts";
import { restrictOomScore } from "./restrict-oom-score.ts";
import { sourceNat } from "./source-nat.ts";
import { sharedPidNamespace } from "./shared-pid-namespace.ts";
import { unprivilegedSysctlsOff } from "./unprivileged-sysctls-off.ts";

/**
 * Every remedy. Of those with the same fidelity the first feasible one is taken,
 * so the cheaper stands before the dearer; they are applied in this order, so
 * that a mount comes before those within it, and `no-egress` has the last word.
 */
export const remedies: readonly Remedy[] = [
  localStorageAccountingOff,
  containerdRootOnTmpfs,
  nativeSnapshotter,
  procSysSupplement,
  procSysRedirector,
  emptyKernelLog,
  cgroupV1Mounts,
  allowCgroupV1,
  cgroupsPerPodOff,
  cgroupResourceMetrics,
  noNewKeyring,
  sharedPidNamespace,
  restrictOomScore,
  unprivilegedSysctlsOff,
  allowSwap,
  acceptForwarding,
  otherIptables,
  sourceNat,
  noEgress,
  noOutsideNames,
];
