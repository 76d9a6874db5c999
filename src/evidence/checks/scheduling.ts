import { nodesOf } from "../../contract/cluster-spec.ts";
import { judge, proved, refuted, type Check } from "../check.ts";
import { container, pod, sleepForever, template } from "../manifests.ts";
import { allReady, podsOf, type Pod } from "../pods.ts";

/** `scheduler-decides` */
export const schedulerDecides: Check = {
  id: "scheduler-decides",
  claim: "The scheduler gives a pod a node, or says why there is none for it",
  scope: "cluster",
  async run(cluster) {
    await cluster.create(pod("anywhere", [container("main", sleepForever)]));
    const { name, decision } = await cluster.holds(
      "the scheduler to decide",
      async () => {
        const { spec, status } = await cluster.read<Pod>(cluster.path("pods", "anywhere"));
        const scheduled = status?.conditions?.find(({ type }) => type === "PodScheduled");
        return scheduled === undefined
          ? { ok: false, because: "the scheduler has not looked at the pod" }
          : { ok: true, value: { name: spec.nodeName, decision: scheduled } };
      },
      45,
    );
    cluster.exhibit("pod anywhere: PodScheduled", decision);
    await cluster.remove(cluster.path("pods", "anywhere"));
    if (cluster.spec.mode === "control-plane") {
      return judge(
        decision.reason === "Unschedulable",
        `there is no node, and it says: ${decision.message ?? "nothing"}`,
      );
    }
    const nodes = nodesOf(cluster.spec);
    return judge(
      name !== undefined && nodes.includes(name),
      `it chose ${name ?? `nothing: ${decision.message ?? ""}`}`,
    );
  },
};

/** `scheduler-counts` */
export const schedulerCounts: Check = {
  id: "scheduler-counts",
  claim: "A pod that asks for more than any node has stays Pending, and is told why",
  scope: "nodes",
  async run(cluster) {
    const resources = { requests: { cpu: "4000" } };
    await cluster.create(pod("too-big", [container("main", sleepForever, { resources })]));
    const message = await cluster.holds("the scheduler to refuse the pod", async () => {
      const { spec, status } = await cluster.read<Pod>(cluster.path("pods", "too-big"));
      if (spec.nodeName !== undefined) return { ok: false, because: `it was given ${spec.nodeName}` };
      const scheduled = status?.conditions?.find(({ type }) => type === "PodScheduled");
      return scheduled?.message === undefined
        ? { ok: false, because: "the scheduler has not looked at the pod" }
        : { ok: true, value: scheduled.message };
    });
    cluster.exhibit("pod too-big: PodScheduled", message);
    await cluster.remove(cluster.path("pods", "too-big"));
    return judge(message.includes("Insufficient cpu"), message);
  },
};

interface Node {
  readonly metadata: { readonly name: string };
  readonly status: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
    readonly nodeInfo: { readonly kubeletVersion: string; readonly containerRuntimeVersion: string };
  };
}

/** Seconds after which a heartbeat is old: nodes say that they are there every ten. */
const freshSeconds = 40;

/** `node-ready` */
export const nodeReady: Check = {
  id: "node-ready",
  claim: "Every node is Ready and has said so within the last 40 seconds",
  scope: "nodes",
  async run(cluster) {
    const { spec } = cluster;
    const found = await Promise.all(
      nodesOf(spec).map(async (name) => {
        const node = await cluster.read<Node>(`/api/v1/nodes/${name}`);
        const ready = node.status.conditions?.find(({ type }) => type === "Ready");
        // A kubelet makes it some seconds after the node.
        const lease = await cluster.until("the node's lease", async () => ({
          ok: true,
          value: await cluster.read<{ spec: { renewTime: string } }>(cluster.path("leases", name, "kube-node-lease")),
        }));
        const age = Math.round((cluster.host.clock.now() - Date.parse(lease.spec.renewTime)) / 1000);
        cluster.exhibit(`node ${name}`, `Ready=${ready?.status ?? "unknown"}, lease renewed ${String(age)} s ago`);
        return { name, ready: ready?.status === "True", age };
      }),
    );
    const wrong = lateNodes(found);
    return wrong.length === 0
      ? proved(found.map(({ name, age }) => `${name} is Ready, ${String(age)} s ago`).join("; "))
      : refuted(wrong.join("; "));
  },
};

/** What is wrong with the nodes, a sentence each. Pure. */
export function lateNodes(
  nodes: readonly { readonly name: string; readonly ready: boolean; readonly age: number }[],
): readonly string[] {
  return nodes.flatMap(({ name, ready, age }) => {
    if (!ready) return [`${name} is not Ready`];
    // A lease from the future is no heartbeat either: somebody's clock is wrong.
    if (!(age >= -freshSeconds && age <= freshSeconds)) return [`${name} was heard of ${String(age)} s ago`];
    return [];
  });
}

/** `kubelet-version` */
export const kubeletVersion: Check = {
  id: "kubelet-version",
  claim: "The node is run by upstream's kubelet of the cluster's version, over containerd",
  scope: "containers",
  async run(cluster) {
    const { status } = await cluster.read<Node>(`/api/v1/nodes/${cluster.spec.nodeName}`);
    const { kubeletVersion: version, containerRuntimeVersion: runtime } = status.nodeInfo;
    cluster.exhibit(`node ${cluster.spec.nodeName}: nodeInfo`, {
      kubeletVersion: version,
      containerRuntimeVersion: runtime,
    });
    return judge(
      version === cluster.spec.kubernetesVersion && runtime.startsWith("containerd://"),
      `the kubelet is ${version}, the runtime ${runtime}`,
    );
  },
};

/** `daemon-set` */
export const daemonSet: Check = {
  id: "daemon-set",
  claim: "A DaemonSet has a Ready pod on every node",
  scope: "nodes",
  needs: "scheduler-decides",
  async run(cluster) {
    await cluster.create({
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: { name: "everywhere" },
      spec: {
        selector: { matchLabels: { app: "everywhere" } },
        template: template("everywhere", [container("main", sleepForever)]),
      },
    });
    const wanted = nodesOf(cluster.spec).length;
    const pods = await cluster.holds("a pod on every node", async () =>
      allReady(await podsOf(cluster, "everywhere"), wanted),
    );
    const nodes = pods.map(({ spec }) => spec.nodeName ?? "none");
    cluster.exhibit("pods of the DaemonSet, by node", nodes.join("\n"));
    await cluster.remove(cluster.path("daemonsets", "everywhere"), { propagationPolicy: "Background" });
    return judge(new Set(nodes).size === nodes.length, `Ready on ${nodes.join(", ")}`);
  },
};
