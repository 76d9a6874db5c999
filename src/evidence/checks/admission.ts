import { type Check, judge, notApplicable, proved, refuted } from "../check.ts";
import type { ClusterView } from "../cluster-view.ts";
import { busybox, container, modestContainer, pod } from "../manifests.ts";

/** A pod that the `restricted` standard admits. */
const modest = pod("modest", [container("main", "true", modestContainer)]);

/** Objects of a namespace, the strict one where none is named, asked for without being made. */
function dryRun(cluster: ClusterView, kind: string, namespace = cluster.workspace.strictNamespace): string {
  return `${cluster.path(kind, undefined, namespace)}?dryRun=All`;
}

/** `pod-security` */
export const podSecurity: Check = {
  id: "pod-security",
  claim:
    "Where a namespace enforces the `restricted` pod security standard, a privileged pod is refused and a modest one is not",
  scope: "cluster",
  async run(cluster) {
    if (cluster.spec.mode === "host-network") {
      return notApplicable("every pod shares the machine's network, which the standard forbids, as is disclosed");
    }
    const path = dryRun(cluster, "pods");
    const greedy = pod("privileged", [{ name: "main", image: busybox, securityContext: { privileged: true } }]);
    // The account that pods run as is made a moment after the namespace.
    await cluster.until("the strict namespace's service account", async () => ({
      ok: true,
      value: await cluster.read(cluster.path("serviceaccounts", "default", cluster.workspace.strictNamespace)),
    }));
    const refusal = await cluster.ask(cluster.client, path, {
      method: "POST",
      body: greedy,
      as: "the owner of a privileged pod",
    });
    const admitted = await cluster.ask(cluster.client, path, {
      method: "POST",
      body: modest,
      as: "the owner of a modest pod",
    });
    return judge(
      refusal.status === 403 && refusal.text.includes("restricted") && admitted.status === 200,
      `the privileged pod: ${refusal.text.slice(0, 160)}; the modest one: ${admitted.status === 200 ? "admitted" : admitted.text}`,
    );
  },
};

/** `limit-range` */
export const limitRange: Check = {
  id: "limit-range",
  claim: "A LimitRange gives its default limit to a container without one, and refuses one beyond its maximum",
  scope: "cluster",
  async run(cluster) {
    // Not where another check has pods judged by other rules.
    const namespace = cluster.workspace.limitedNamespace;
    const limits = { type: "Container", default: { memory: "48Mi" }, max: { memory: "96Mi" } };
    await cluster.create({
      apiVersion: "v1",
      kind: "LimitRange",
      metadata: { name: "limits", namespace },
      spec: { limits: [limits] },
    });
    const path = dryRun(cluster, "pods", namespace);
    await cluster.holds("the default limit to be given", async () => {
      const { text } = await cluster.ask(cluster.client, path, {
        method: "POST",
        body: modest,
        as: "the owner of a pod without limits",
      });
      return text.includes('"memory":"48Mi"')
        ? { ok: true, value: undefined }
        : { ok: false, because: text.slice(0, 300) };
    });
    const main = {
      ...(modest["spec"] as { containers: readonly object[] }).containers[0],
      resources: { limits: { memory: "1Gi" } },
    };
    const refusal = await cluster.ask(cluster.client, path, {
      method: "POST",
      body: pod("huge", [main]),
      as: "the owner of a huge pod",
    });
    return judge(refusal.status === 403, `the default was given; 1Gi where 96Mi are allowed: ${refusal.text}`);
  },
};

/** `resource-quota` */
export const resourceQuota: Check = {
  id: "resource-quota",
  claim: "A ResourceQuota refuses what goes beyond it",
  scope: "cluster",
  async run(cluster) {
    const namespace = cluster.workspace.strictNamespace;
    await cluster.create({
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { name: "no-services", namespace },
      spec: { hard: { services: "0" } },
    });
    const body = { apiVersion: "v1", kind: "Service", metadata: { name: "one" }, spec: { ports: [{ port: 80 }] } };
    // Until the controller has counted, it is refused for another reason.
    await cluster.holds("a Service to be refused by the quota", async () => {
      const { text } = await cluster.ask(cluster.client, dryRun(cluster, "services"), { method: "POST", body });
      return text.includes("exceeded quota: no-services")
        ? { ok: true, value: undefined }
        : { ok: false, because: text.slice(0, 300) };
    });
    return proved("a Service is refused where the quota allows none");
  },
};

const admissionGroup = "admissionregistration.k8s.io/v1";

/** `admission-policy` */
export const admissionPolicy: Check = {
  id: "admission-policy",
  claim: "A ValidatingAdmissionPolicy refuses what its expression does not allow",
  scope: "cluster",
  async run(cluster) {
    const name = `${cluster.namespace}.sandkube.dev`;
    await cluster.createClusterWide(`/apis/${admissionGroup}/validatingadmissionpolicies`, {
      apiVersion: admissionGroup,
      kind: "ValidatingAdmissionPolicy",
      metadata: { name },
      spec: {
        failurePolicy: "Fail",
        matchConstraints: {
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": cluster.workspace.strictNamespace } },
          resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] }],
        },
        validations: [{ expression: "object.metadata.name != 'forbidden'", message: "this name is forbidden" }],
      },
    });
    await cluster.createClusterWide(`/apis/${admissionGroup}/validatingadmissionpolicybindings`, {
      apiVersion: admissionGroup,
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { name },
      spec: { policyName: name, validationActions: ["Deny"] },
    });
    const path = dryRun(cluster, "configmaps");
    const make = (map: string): Promise<{ status: number; text: string }> =>
      cluster.ask(cluster.client, path, {
        method: "POST",
        body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: map } },
        as: `the owner of ${map}`,
      });
    await cluster.holds("the policy to be enforced", async () => {
      const { status, text } = await make("forbidden");
      return status === 422 && text.includes("this name is forbidden")
        ? { ok: true, value: undefined }
        : { ok: false, because: text.slice(0, 300) };
    });
    const allowed = await make("allowed");
    return allowed.status === 200
      ? proved("the forbidden name is refused, another is not")
      : refuted(`an allowed name: ${allowed.text}`);
  },
};
