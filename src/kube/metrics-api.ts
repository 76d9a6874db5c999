import { ApiError, type ApiClient } from "./api-client.ts";
import { applyObject, type AppliedObject } from "./apply-object.ts";
import { ensureNamespace } from "./ensure-namespace.ts";
import { grantRights } from "./grant-rights.ts";

/** Where metrics-server is and who it is. */
export interface MetricsServerWhereabouts {
  /** Its user name towards the API server and the kubelet. */
  readonly user: string;
  /** The node's address, and the port there. */
  readonly address: string;
  readonly port: number;
  /** The authority that signed its serving certificate, PEM. */
  readonly authority: string;
}

/** The group that it serves. */
export const metricsApi = "/apis/metrics.k8s.io/v1beta1";

const name = "metrics-server";
const namespace = "kube-system";
const rbac = "rbac.authorization.k8s.io";
const slices = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
const services = `/api/v1/namespaces/${namespace}/services`;
const apiServices = "/apis/apiregistration.k8s.io/v1/apiservices";
const roles = `/apis/${rbac}/v1/clusterroles`;
const clusterBindings = `/apis/${rbac}/v1/clusterrolebindings`;
const bindings = `/apis/${rbac}/v1/namespaces/${namespace}/rolebindings`;
const reader = "system:aggregated-metrics-reader";
const service = { name, namespace };
const apiService = "v1beta1.metrics.k8s.io";

const delegatorBinding = `${name}:system:auth-delegator`;
const authenticationBinding = `${name}-auth-reader`;

/**
 * Gives metrics-server the rights that upstream gives it, and has the API server ask it for figures. The Service has no
 * selector: the process is on the node, and its address is in the EndpointSlice.
 *
 * Upstream's objects: https://github.com/kubernetes-sigs/metrics-server/tree/v0.9.0/manifests/base
 *
 * @throws ApiError where the API server refuses them
 */
export async function publishMetricsApi(
  client: Pick<ApiClient, "text" | "createIfAbsent">,
  { user, address, port, authority }: MetricsServerWhereabouts,
  signal: AbortSignal,
): Promise<void> {
  await ensureNamespace(client, namespace, signal);
  await grantRights(
    client,
    user,
    [
      { apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] },
      { apiGroups: [""], resources: ["pods", "nodes"], verbs: ["get", "list", "watch"] },
    ],
    signal,
  );
  const subjects = [{ apiGroup: rbac, kind: "User", name: user }];
  const aggregate = (role: string): string => `${rbac}/aggregate-to-${role}`;
  const apiVersion = `${rbac}/v1`;
  const objects: readonly (readonly [string, AppliedObject])[] = [
    [
      clusterBindings,
      {
        apiVersion,
        kind: "ClusterRoleBinding",
        metadata: { name: delegatorBinding },
        roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "system:auth-delegator" },
        subjects,
      },
    ],
    [
      bindings,
      {
        apiVersion,
        kind: "RoleBinding",
        metadata: { name: authenticationBinding, namespace },
        roleRef: { apiGroup: rbac, kind: "Role", name: "extension-apiserver-authentication-reader" },
        subjects,
      },
    ],
    [
      roles,
      {
        apiVersion,
        kind: "ClusterRole",
        metadata: {
          name: reader,
          labels: Object.fromEntries(["view", "edit", "admin"].map((role) => [aggregate(role), "true"])),
        },
        rules: [{ apiGroups: ["metrics.k8s.io"], resources: ["pods", "nodes"], verbs: ["get", "list", "watch"] }],
      },
    ],
    [
      services,
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { ...service, labels: { "k8s-app": name } },
        spec: { ports: [{ name: "https", protocol: "TCP", port: 443, appProtocol: "https" }] },
      },
    ],
    [
      slices,
      {
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: {
          name,
          namespace,
          labels: {
            "kubernetes.io/service-name": name,
            "endpointslice.kubernetes.io/managed-by": "sandkube.dev",
          },
        },
        addressType: "IPv4",
        endpoints: [{ addresses: [address], conditions: { ready: true } }],
        ports: [{ name: "https", protocol: "TCP", port, appProtocol: "https" }],
      },
    ],
    [
      apiServices,
      {
        apiVersion: "apiregistration.k8s.io/v1",
        kind: "APIService",
        metadata: { name: apiService },
        spec: {
          service,
          group: "metrics.k8s.io",
          version: "v1beta1",
          caBundle: Buffer.from(authority).toString("base64"),
          groupPriorityMinimum: 100,
          versionPriority: 100,
        },
      },
    ],
  ];
  for (const [collection, object] of objects) await applyObject(client, collection, object, signal);
}

/**
 * Takes back what {@link publishMetricsApi} made in a cluster whose state was kept: an APIService that nobody answers for
 * makes discovery fail, and namespaces stay that are to go. What a user installed under the same name is left alone.
 */
export async function withdrawMetricsApi(
  client: Pick<ApiClient, "text" | "json">,
  user: string,
  signal: AbortSignal,
): Promise<void> {
  // Ours alone has this binding, which is made first and goes last.
  const mark = `${clusterBindings}/${user}`;
  if (!(await isThere(client, mark, signal))) return;
  for (const path of [
    `${apiServices}/${apiService}`,
    `${slices}/${name}`,
    `${services}/${name}`,
    `${roles}/${reader}`,
    `${bindings}/${authenticationBinding}`,
    `${clusterBindings}/${delegatorBinding}`,
    `${roles}/${user}`,
    mark,
  ]) {
    await client.text(path, { method: "DELETE", signal }).catch(unlessAbsent);
  }
}

async function isThere(client: Pick<ApiClient, "text">, path: string, signal: AbortSignal): Promise<boolean> {
  return (await client.text(path, { signal }).catch(unlessAbsent)) !== undefined;
}

function unlessAbsent(error: unknown): undefined {
  if (!(error instanceof ApiError && error.status === 404)) throw error;
}
