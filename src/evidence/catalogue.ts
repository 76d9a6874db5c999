import type { Check } from "./check.ts";
import {
  anonymousRefused,
  kubeletAnonymousRefused,
  nodeRestriction,
  rbac,
  secretsOnDisk,
  tokenReview,
} from "./checks/access.ts";
import { admissionPolicy, limitRange, podSecurity, resourceQuota } from "./checks/admission.ts";
import { apiReady, apiVersion, componentsAlive } from "./checks/api-server.ts";
import { volumeClaim } from "./checks/claims.ts";
import { dnsHeadless, dnsOutside, dnsReverse, dnsService, dnsSrv, dnsUnknown } from "./checks/names.ts";
import { networkPolicy, networkPolicyWarning } from "./checks/network-policies.ts";
import {
  applyConflict,
  customResource,
  garbageCollection,
  listInPages,
  staleUpdateRefused,
  watch,
} from "./checks/objects.ts";
import {
  events,
  imageWithoutRegistry,
  initContainers,
  lifecycleHooks,
  livenessRestart,
  podRuns,
  podToPod,
  readinessGates,
  sidecar,
} from "./checks/pods.ts";
import { podProxy } from "./checks/pod-proxy.ts";
import { resourceMetrics } from "./checks/resource-metrics.ts";
import { daemonSet, kubeletVersion, nodeReady, schedulerCounts, schedulerDecides } from "./checks/scheduling.ts";
import {
  apiFromPod,
  egress,
  nodePort,
  serviceBalances,
  serviceFromNode,
  serviceFromPod,
  serviceWithoutEndpoints,
} from "./checks/services.ts";
import { copy, execExitCode, execOutput, execStdin, logFollow, podLog, portForward } from "./checks/streams.ts";
import {
  environmentVariables,
  volumeConfigMap,
  volumeDownwardApi,
  volumeEmptyDir,
  volumeHostPath,
  volumeMemory,
  volumeProjected,
  volumeReadOnly,
  volumeSecret,
} from "./checks/volumes.ts";
import {
  cronJob,
  deploymentMakesPods,
  deploymentRolls,
  deploymentScales,
  job,
  statefulSet,
} from "./checks/workloads.ts";

/**
 * Every check, in the order in which they begin and are shown: what others stand
 * on first, then what waits long.
 */
export const checks: readonly Check[] = [
  apiReady,
  componentsAlive,
  podRuns,
  apiVersion,
  nodeReady,
  kubeletVersion,
  schedulerDecides,
  schedulerCounts,

  lifecycleHooks,
  livenessRestart,
  readinessGates,
  deploymentRolls,
  deploymentScales,
  deploymentMakesPods,
  statefulSet,
  daemonSet,
  job,
  cronJob,
  resourceMetrics,

  anonymousRefused,
  kubeletAnonymousRefused,
  rbac,
  nodeRestriction,
  tokenReview,
  secretsOnDisk,

  podSecurity,
  limitRange,
  resourceQuota,
  admissionPolicy,
  networkPolicyWarning,

  watch,
  staleUpdateRefused,
  listInPages,
  applyConflict,
  customResource,
  garbageCollection,

  events,
  imageWithoutRegistry,
  podLog,
  logFollow,
  execOutput,
  execExitCode,
  execStdin,
  copy,
  portForward,
  initContainers,
  sidecar,

  environmentVariables,
  volumeConfigMap,
  volumeSecret,
  volumeProjected,
  volumeDownwardApi,
  volumeEmptyDir,
  volumeMemory,
  volumeHostPath,
  volumeReadOnly,
  volumeClaim,

  podToPod,
  serviceFromNode,
  serviceFromPod,
  nodePort,
  serviceBalances,
  serviceWithoutEndpoints,
  apiFromPod,
  egress,
  networkPolicy,
  podProxy,

  dnsService,
  dnsHeadless,
  dnsSrv,
  dnsReverse,
  dnsUnknown,
  dnsOutside,
];
