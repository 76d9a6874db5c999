import type { ComponentName } from "../contract/component-name.ts";

/** A line that the experiments before sandkube looked for in a log, or would have. */
export interface EvidenceLine {
  readonly id: string;
  /** What it means where it is there. */
  readonly means: string;
  readonly component: ComponentName;
  readonly pattern: RegExp;
}

/** Every line that is looked for, in the order in which a node meets what they tell of. */
export const evidenceLines: readonly EvidenceLine[] = [
  {
    id: "hook-failed",
    means: "a post-start hook of the API server failed, as in experiment 13",
    component: "kube-apiserver",
    pattern: /PostStartHook "[^"]+" failed/,
  },
  {
    id: "not-yet-ready",
    means: "admission refused the API server's own requests until it had its caches",
    component: "kube-apiserver",
    pattern: /not yet ready to handle request/,
  },
  {
    id: "cgroup-v1-refused",
    means: "the kubelet refuses cgroups of version 1",
    component: "kubelet",
    pattern: /configured to not run on a host using cgroup v1/,
  },
  {
    id: "rootfs-unknown",
    means: "cAdvisor has no data on the root filesystem",
    component: "kubelet",
    pattern: /failed to get rootfs info|unable to find data in memory cache/,
  },
  {
    id: "cri-missing",
    means: "containerd runs and its CRI plugin does not",
    component: "kubelet",
    pattern: /unknown service runtime\.v1\.RuntimeService/,
  },
  {
    id: "settings-missing",
    means: "a file under /proc/sys is missing",
    component: "kubelet",
    pattern: /open \/proc\/sys\/\S+: no such file or directory/,
  },
  {
    id: "settings-refused",
    means: "a file under /proc/sys cannot be written",
    component: "kubelet",
    pattern: /open \/proc\/sys\/\S+: (?:permission denied|read-only file system)|write \/proc\/sys\/\S+:/,
  },
  {
    id: "container-manager-failed",
    means: "the kubelet's container manager did not start",
    component: "kubelet",
    pattern: /Failed to start ContainerManager/,
  },
  {
    id: "kmsg-missing",
    means: "the kubelet cannot open /dev/kmsg",
    component: "kubelet",
    pattern: /open \/dev\/kmsg/,
  },
  {
    id: "cni-missing",
    means: "the runtime has no CNI plugin",
    component: "kubelet",
    pattern: /cni plugin not initialized|NetworkPluginNotReady/,
  },
  {
    id: "sandbox-failed",
    means: "the runtime could not make a pod",
    component: "kubelet",
    pattern: /RunPodSandbox from runtime service failed/,
  },
  {
    id: "overlay-failed",
    means: "overlayfs cannot be mounted where images lie",
    component: "containerd",
    pattern: /mount source: \\?"overlay\\?"/,
  },
];

/** What a log says to one {@link EvidenceLine}. */
export interface EvidenceFound {
  readonly id: string;
  readonly means: string;
  readonly component: ComponentName;
  /** How many lines match. */
  readonly count: number;
  /** The first of them, shortened; null where there is none. */
  readonly first: string | null;
}

const longestLine = 400;

/** Looks for every line. Pure. @param logs what each component wrote; one that wrote nothing is absent */
export function findEvidence(logs: ReadonlyMap<ComponentName, string>): readonly EvidenceFound[] {
  return evidenceLines.map(({ id, means, component, pattern }) => {
    const lines = (logs.get(component) ?? "").split("\n").filter((line) => pattern.test(line));
    const first = lines[0];
    return {
      id,
      means,
      component,
      count: lines.length,
      first: first === undefined ? null : first.slice(0, longestLine),
    };
  });
}
