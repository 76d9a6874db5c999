import { judge, proved, refuted, type Check } from "../check.ts";
import type { ClusterView, Look } from "../cluster-view.ts";
import { busybox, container, service, sleepingDeployment, sleepForever, template } from "../manifests.ts";
import { allReady, podsOf, type Pod } from "../pods.ts";

interface Deployment {
  readonly metadata: { readonly generation: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
    readonly availableReplicas?: number;
  };
}

/** Whether a Deployment has exactly so many pods, all new and all Ready. Pure. */
export function rolledOut({ metadata, status }: Deployment, wanted: number): Look<undefined> {
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, readyReplicas = 0 } = status ?? {};
  if (observedGeneration < metadata.generation) return { ok: false, because: "the controller has not seen it" };
  return replicas === wanted && updatedReplicas === wanted && readyReplicas === wanted
    ? { ok: true, value: undefined }
    : {
        ok: false,
        because: `${String(replicas)} pods, ${String(updatedReplicas)} of the new kind, ${String(readyReplicas)} Ready; wanted are ${String(wanted)}`,
      };
}

async function rollout(cluster: ClusterView, name: string, wanted: number): Promise<void> {
  await cluster.holds(`${String(wanted)} pods of ${name}`, async () => {
    const deployment = await cluster.read<Deployment>(cluster.path("deployments", name));
    cluster.exhibit(`deployment ${name}: status`, deployment.status);
    return rolledOut(deployment, wanted);
  });
}

async function patch(cluster: ClusterView, path: string, body: object): Promise<void> {
  await cluster.client.text(path, { method: "PATCH", contentType: "application/strategic-merge-patch+json", body });
}

/** `deployment-makes-pods` */
export const deploymentMakesPods: Check = {
  id: "deployment-makes-pods",
  claim: "A Deployment makes a ReplicaSet and that its pods, and both say so in events",
  scope: "cluster",
  async run(cluster) {
    await cluster.create(sleepingDeployment("made", 1));
    const reasons = await cluster.holds("the pod and the events", async () => {
      const pods = await podsOf(cluster, "made");
      const { items } = await cluster.read<{ items: readonly { reason?: string; involvedObject: { name: string } }[] }>(
        cluster.path("events"),
      );
      const found = items
        .filter(({ involvedObject }) => involvedObject.name.startsWith("made"))
        .map(({ reason }) => reason ?? "");
      cluster.exhibit("events of deployment made, its ReplicaSet and its pod", found.join("\n"));
      const missing = ["ScalingReplicaSet", "SuccessfulCreate"].filter((reason) => !found.includes(reason));
      if (pods.length === 0) return { ok: false, because: "there is no pod" };
      return missing.length === 0
        ? { ok: true, value: found }
        : { ok: false, because: `no event ${missing.join(" and ")}` };
    });
    await cluster.remove(cluster.path("deployments", "made"), { propagationPolicy: "Background" });
    return proved(`events: ${[...new Set(reasons)].join(", ")}`);
  },
};

/** `deployment-scales` */
export const deploymentScales: Check = {
  id: "deployment-scales",
  claim: "A Deployment scales up, and down to nothing",
  scope: "nodes",
  needs: "scheduler-decides",
  async run(cluster) {
    const path = cluster.path("deployments", "scaled");
    await cluster.create(sleepingDeployment("scaled", 1));
    await rollout(cluster, "scaled", 1);
    for (const replicas of [2, 0]) {
      await patch(cluster, path, { spec: { replicas } });
      await rollout(cluster, "scaled", replicas);
    }
    await cluster.remove(path, { propagationPolicy: "Background" });
    return proved("from 1 pod to 2, then to none");
  },
};

/** `deployment-rolls` */
export const deploymentRolls: Check = {
  id: "deployment-rolls",
  claim: "A Deployment replaces its pods by new ones when their template changes",
  scope: "nodes",
  needs: "scheduler-decides",
  async run(cluster) {
    const path = cluster.path("deployments", "rolled");
    await cluster.create(sleepingDeployment("rolled", 1));
    await rollout(cluster, "rolled", 1);
    const before = (await podsOf(cluster, "rolled")).map(({ metadata }) => metadata.name);
    const env = [{ name: "WORD", value: cluster.word() }];
    await patch(cluster, path, { spec: { template: { spec: { containers: [{ name: "main", env }] } } } });
    await rollout(cluster, "rolled", 1);
    const after = await cluster.holds("the old pod to be gone", async () => {
      const names = (await podsOf(cluster, "rolled")).map(({ metadata }) => metadata.name);
      const old = names.filter((name) => before.includes(name));
      return old.length === 0 ? { ok: true, value: names } : { ok: false, because: `${old.join(", ")} is still there` };
    });
    await cluster.remove(path, { propagationPolicy: "Background" });
    return proved(`${before.join(", ")} gave way to ${after.join(", ")}`);
  },
};

/** `stateful-set` */
export const statefulSet: Check = {
  id: "stateful-set",
  claim: "A StatefulSet starts its pods in order, each when the one before is Ready",
  scope: "nodes",
  needs: "scheduler-decides",
  async run(cluster) {
    await cluster.create(service("ordered", { clusterIP: "None" }));
    await cluster.create({
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name: "ordered" },
      spec: {
        serviceName: "ordered",
        replicas: 2,
        selector: { matchLabels: { app: "ordered" } },
        template: template("ordered", [container("main", sleepForever)]),
      },
    });
    const seen = new Map<string, string>();
    const pods = await cluster.holds("both pods to be Ready", async () => {
      const items = await podsOf(cluster, "ordered");
      for (const { metadata, status } of items) {
        const ready = status?.conditions?.find(({ type }) => type === "Ready");
        seen.set(
          metadata.name,
          `created ${metadata.creationTimestamp}, Ready since ${ready?.lastTransitionTime ?? "never"}`,
        );
      }
      return allReady(items, 2);
    });
    for (const [name, times] of seen) cluster.exhibit(`pod ${name}`, times);
    await cluster.remove(cluster.path("statefulsets", "ordered"), { propagationPolicy: "Background" });
    return inOrder(pods)
      ? proved("ordered-0 was Ready before ordered-1 was made")
      : refuted([...seen].flat().join(" "));
  },
};

/** Whether `-1` was made when `-0` was Ready already. Pure; the API tells whole seconds. */
export function inOrder(pods: readonly Pod[]): boolean {
  const [first, second] = ["-0", "-1"].map((end) => pods.find(({ metadata }) => metadata.name.endsWith(end)));
  const ready = first?.status?.conditions?.find(({ type }) => type === "Ready");
  if (second === undefined || ready?.status !== "True" || ready.lastTransitionTime === undefined) return false;
  return Date.parse(ready.lastTransitionTime) <= Date.parse(second.metadata.creationTimestamp);
}

interface Job {
  readonly metadata: { readonly name: string; readonly ownerReferences?: readonly { readonly name: string }[] };
  readonly status?: {
    readonly succeeded?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

const work = {
  template: { spec: { restartPolicy: "Never", containers: [{ ...container("main", "exit 0"), image: busybox }] } },
};

/** `job` */
export const job: Check = {
  id: "job",
  claim: "A Job runs its pods to the end, and is Complete then",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster) {
    const path = cluster.path("jobs", "work");
    await cluster.create({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: "work" },
      spec: { completions: 2, parallelism: 2, ...work },
    });
    const succeeded = await cluster.holds("the Job to be Complete", async () => {
      const { status } = await cluster.read<Job>(path);
      cluster.exhibit("job work: status", status);
      return status?.conditions?.some(({ type, status: is }) => type === "Complete" && is === "True") === true
        ? { ok: true, value: status.succeeded ?? 0 }
        : { ok: false, because: JSON.stringify(status) };
    });
    await cluster.remove(path, { propagationPolicy: "Background" });
    return judge(succeeded === 2, `${String(succeeded)} of 2 pods succeeded`);
  },
};

/** `cron-job` */
export const cronJob: Check = {
  id: "cron-job",
  claim: "A CronJob makes its Jobs by itself when their time has come",
  scope: "cluster",
  async run(cluster) {
    const path = cluster.path("cronjobs", "tick");
    await cluster.create({
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: { name: "tick" },
      spec: { schedule: "* * * * *", jobTemplate: { spec: { suspend: true, ...work } } },
    });
    // Told that it last did so two minutes ago, the controller has missed a time and need not wait for the next
    // (mostRecentScheduleTime in https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/controller/cronjob/utils.go).
    const lastScheduleTime = new Date(cluster.host.clock.now() - 120_000).toISOString().replace(/\.\d+/, "");
    await cluster.client.text(`${path}/status`, {
      method: "PATCH",
      contentType: "application/merge-patch+json",
      body: { status: { lastScheduleTime } },
    });
    // A Job that is suspended has no pods, which are the claim of another check.
    const made = await cluster.holds("a Job to be made", async () => {
      const { items } = await cluster.read<{ items: readonly Job[] }>(cluster.path("jobs"));
      const own = items.find(({ metadata }) => metadata.ownerReferences?.some(({ name }) => name === "tick") === true);
      return own === undefined ? { ok: false, because: "none has been made" } : { ok: true, value: own.metadata.name };
    });
    cluster.exhibit("the Job that the CronJob tick made", made);
    await cluster.remove(path, { propagationPolicy: "Background" });
    return proved(`it made ${made}`);
  },
};
