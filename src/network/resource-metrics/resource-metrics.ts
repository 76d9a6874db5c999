import type { ClusterSpec } from "../../contract/cluster-spec.ts";

/** As much of a Pod as says where its containers' cgroups are. */
export interface MeasuredPod {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly uid: string };
  readonly status?: {
    readonly qosClass?: string;
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly ephemeralContainerStatuses?: readonly ContainerStatus[];
  };
}

interface ContainerStatus {
  readonly name: string;
  /** Such as containerd://ID. */
  readonly containerID?: string;
  readonly state?: { readonly running?: { readonly startedAt?: string } };
}

/** A running container and its cgroup, as a path below a controller's mount. */
export interface MeasuredContainer {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly cgroup: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** What a cgroup has used, and when that was read (milliseconds since the epoch). */
export interface Usage {
  readonly cpuNanoseconds: bigint;
  readonly memoryBytes: bigint;
  readonly readAt: number;
}

/**
 * The containers that run in pods of a node. Pure.
 *
 * Where the kubelet puts a pod: https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/kubelet/cm/pod_container_manager_linux.go#L112
 */
export function runningContainers(
  pods: readonly MeasuredPod[],
  { cgroupRoot, kubelet }: Pick<ClusterSpec, "cgroupRoot" | "kubelet">,
): readonly MeasuredContainer[] {
  const perPod = kubelet.configuration["cgroupsPerQOS"] !== false;
  return pods.flatMap(({ metadata, status = {} }) => {
    const quality = status.qosClass === "Guaranteed" ? "" : `/${(status.qosClass ?? "BestEffort").toLowerCase()}`;
    const parent = perPod ? `${cgroupRoot}/kubepods${quality}/pod${metadata.uid}` : "";
    const all = [
      ...(status.initContainerStatuses ?? []),
      ...(status.containerStatuses ?? []),
      ...(status.ephemeralContainerStatuses ?? []),
    ];
    return all.flatMap(({ name, containerID, state }) => {
      const id = /^\w+:\/\/(\w+)$/.exec(containerID ?? "")?.[1];
      const startedAt = Date.parse(state?.running?.startedAt ?? "");
      if (id === undefined || Number.isNaN(startedAt)) return [];
      const { namespace, name: pod } = metadata;
      return [{ namespace, pod, container: name, cgroup: `${parent}/${id}`, startedAt }];
    });
  });
}

/**
 * What the kubelet's /metrics/resource says of a node and its containers, in its form. Pure.
 *
 * @param node undefined: of the node nothing could be read
 */
export function resourceMetricsText(
  node: Usage | undefined,
  containers: readonly (MeasuredContainer & { readonly usage: Usage })[],
): string {
  const labels = ({ container, namespace, pod }: MeasuredContainer): string =>
    `{container="${container}",namespace="${namespace}",pod="${pod}"}`;
  const metric = (name: string, type: string, samples: readonly string[]): readonly string[] =>
    samples.length === 0 ? [] : [`# TYPE ${name} ${type}`, ...samples.map((sample) => `${name}${sample}`)];
  const ofNode = node === undefined ? [] : [node];
  const lines = [
    ...metric(
      "node_cpu_usage_seconds_total",
      "counter",
      ofNode.map((usage) => ` ${seconds(usage)} ${String(usage.readAt)}`),
    ),
    ...metric(
      "node_memory_working_set_bytes",
      "gauge",
      ofNode.map((usage) => ` ${String(usage.memoryBytes)} ${String(usage.readAt)}`),
    ),
    ...metric(
      "container_cpu_usage_seconds_total",
      "counter",
      containers.map((one) => `${labels(one)} ${seconds(one.usage)} ${String(one.usage.readAt)}`),
    ),
    ...metric(
      "container_memory_working_set_bytes",
      "gauge",
      containers.map((one) => `${labels(one)} ${String(one.usage.memoryBytes)} ${String(one.usage.readAt)}`),
    ),
    ...metric(
      "container_start_time_seconds",
      "gauge",
      containers.map((one) => `${labels(one)} ${String(one.startedAt / 1000)}`),
    ),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** Exact: a number of nanoseconds after a month has more digits than a double. */
function seconds({ cpuNanoseconds }: Usage): string {
  const digits = String(cpuNanoseconds).padStart(10, "0");
  return `${digits.slice(0, -9)}.${digits.slice(-9)}`;
}
