import { ApiError } from "../kube/api-client.ts";
import type { ApiManifest, ClusterView, Look } from "./cluster-view.ts";
import { container, pod, ports, servingContainer, sleepForever } from "./manifests.ts";

interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly running?: { readonly startedAt?: string };
    readonly terminated?: ContainerEnd;
  };
  readonly lastState?: { readonly terminated?: ContainerEnd };
}

interface ContainerEnd {
  readonly exitCode: number;
  readonly reason?: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
}

/** As much of a Pod as checks look at. */
export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly creationTimestamp: string;
    readonly deletionTimestamp?: string;
  };
  readonly spec: { readonly nodeName?: string };
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly hostIP?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
      readonly lastTransitionTime?: string;
    }[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

/** Whether a pod is Ready; the reason why not is what it waits for. Pure. */
export function podReadiness({ status }: Pod): Look<string> {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  if (ready?.status === "True" && status?.podIP !== undefined) return { ok: true, value: status.podIP };
  const waiting = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
    .map(({ state }) => state?.waiting ?? state?.terminated)
    .find((state) => state !== undefined);
  const unscheduled = status?.conditions?.find((condition) => condition.status === "False" && condition.message);
  const said = [
    status?.phase,
    waiting?.reason,
    waiting !== undefined && "message" in waiting ? waiting.message : undefined,
    unscheduled?.message,
  ];
  return { ok: false, because: said.filter(Boolean).join(": ") };
}

/** Whether there are so many pods, all Ready. Pure. */
export function allReady(pods: readonly Pod[], wanted: number): Look<readonly Pod[]> {
  if (pods.length < wanted) return { ok: false, because: `${String(pods.length)} of ${String(wanted)} pods are there` };
  for (const pod of pods) {
    const look = podReadiness(pod);
    if (!look.ok) return { ok: false, because: `${pod.metadata.name}: ${look.because}` };
  }
  return { ok: true, value: pods };
}

/** The pods of an app, as the label says it. */
export async function podsOf(cluster: ClusterView, app: string): Promise<readonly Pod[]> {
  const { items } = await cluster.read<{ items: readonly Pod[] }>(`${cluster.path("pods")}?labelSelector=app=${app}`);
  return items;
}

/** Waits until a pod is Ready, which is not the claim, and gives its address. */
export async function readyPod(cluster: ClusterView, name: string): Promise<string> {
  return cluster.until(`pod ${name} to be Ready`, async () =>
    podReadiness(await cluster.read<Pod>(cluster.path("pods", name))),
  );
}

/** A pod that serves a word which only it was told, and stays for all checks. */
export interface WebPod {
  readonly name: string;
  readonly word: string;
}

/** The pod that most checks of containers look at; made by the first that asks. */
export async function webPod(cluster: ClusterView): Promise<WebPod> {
  return sharedPod(cluster, "web", () => {
    const word = cluster.word();
    return { manifest: pod("web", [servingContainer(word, ports.web)]), value: { name: "web", word } };
  });
}

/** A second pod, from which others are asked. */
export async function clientPod(cluster: ClusterView): Promise<string> {
  const name = await sharedPod(cluster, "client", () => ({
    manifest: pod("client", [container("main", sleepForever)]),
    value: "client",
  }));
  await readyPod(cluster, name);
  return name;
}

/** Makes a pod that several checks look at once. */
export async function sharedPod<T>(
  cluster: ClusterView,
  key: string,
  make: () => { readonly manifest: ApiManifest; readonly value: T },
): Promise<T> {
  return cluster.workspace.shared(key, async () => {
    const { manifest, value } = make();
    await cluster.create(manifest);
    return value;
  });
}

/** Waits until a pod is gone. */
export async function podGone(cluster: ClusterView, name: string): Promise<void> {
  await cluster.holds(`pod ${name} to be gone`, async () => {
    try {
      const { metadata, status } = await cluster.read<Pod>(cluster.path("pods", name));
      return {
        ok: false,
        because: `it is ${status?.phase ?? "there"}, and ${metadata.deletionTimestamp === undefined ? "not to be deleted" : "to be deleted"}`,
      };
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return { ok: true, value: undefined };
      throw error;
    }
  });
}
