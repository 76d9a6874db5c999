import type { FactProbe } from "./fact-probe.ts";
import { apiPorts } from "./api-ports.ts";
import { capabilities } from "./capabilities.ts";
import { cgroupChildren } from "./cgroup-children.ts";
import { cgroupLayout } from "./cgroup-layout.ts";
import { cniPlugins } from "./cni-plugins.ts";
import { clock } from "./clock.ts";
import { cpus } from "./cpus.ts";
import { defaultRoute } from "./default-route.ts";
import { forwardPolicies } from "./forward-policies.ts";
import { gvisor } from "./gvisor.ts";
import { ipForwarding } from "./ip-forwarding.ts";
import { ipv6 } from "./ipv6.ts";
import { kernel } from "./kernel.ts";
import { kernelLog } from "./kernel-log.ts";
import { kernelTunables } from "./kernel-tunables.ts";
import { memory } from "./memory.ts";
import { mountTrials } from "./mount-trials.ts";
import { networkTunables } from "./network-tunables.ts";
import { networkTrials } from "./network-trials.ts";
import { oomScore } from "./oom-score.ts";
import { openFiles } from "./open-files.ts";
import { packetRules } from "./packet-rules.ts";
import { pidNamespaceJoin } from "./pid-namespace-join.ts";
import { podSysctls } from "./pod-sysctls.ts";
import { processLimit } from "./process-limit.ts";
import { proxyVariables } from "./proxy-variables.ts";
import { resolver } from "./resolver.ts";
import { resolverAnswers } from "./resolver-answers.ts";
import { rootFilesystem } from "./root-filesystem.ts";
import { seccomp } from "./seccomp.ts";
import { sessionKeyring } from "./session-keyring.ts";
import { stateFilesystem } from "./state-filesystem.ts";
import { swap } from "./swap.ts";
import { tools } from "./tools.ts";
import { userId } from "./user-id.ts";

/** Every probe, in the order of reports: the machine, privileges, kernel, cgroups, storage, network, limits. */
export const probes: readonly FactProbe<unknown>[] = [
  kernel,
  gvisor,
  clock,
  userId,
  capabilities,
  seccomp,
  tools,
  mountTrials,
  kernelTunables,
  kernelLog,
  sessionKeyring,
  pidNamespaceJoin,
  oomScore,
  cgroupLayout,
  cgroupChildren,
  rootFilesystem,
  stateFilesystem,
  networkTrials,
  packetRules,
  podSysctls,
  networkTunables,
  cniPlugins,
  ipForwarding,
  forwardPolicies,
  ipv6,
  defaultRoute,
  resolver,
  resolverAnswers,
  proxyVariables,
  apiPorts,
  memory,
  swap,
  cpus,
  openFiles,
  processLimit,
];
