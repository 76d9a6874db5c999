import type { ClusterSpec } from "../contract/cluster-spec.ts";
import type { ApiAccess } from "../components/api-access.ts";
import { managedBy } from "../components/kwok.ts";
import { kwokName } from "../pki/cluster-pki.ts";
import type { SupervisedTask } from "../supervisor/supervisor.ts";

const rbac = "rbac.authorization.k8s.io";

/**
 * What kwok's default stages need, which is less than upstream's own role gives
 * (kustomize/rbac/role.yaml): there are no custom resources and no events here.
 */
const rules = [
  { apiGroups: [""], resources: ["nodes"], verbs: ["get", "list", "watch"] },
  { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch", "patch", "delete"] },
  { apiGroups: [""], resources: ["nodes/status", "pods/status"], verbs: ["patch"] },
];

/** Only the leases by which nodes are said to be alive. */
const leaseRules = [
  { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "list", "watch", "create", "update"] },
];

/** Makes what kwok looks after: its rights, and nodes that exist in the API only. */
export function simulationTasks(spec: ClusterSpec, api: ApiAccess): readonly SupervisedTask[] {
  return [
    {
      name: "simulated nodes",
      after: ["kube-apiserver"],
      run: async (signal) => {
        const client = await api.client(spec);
        for (const { path, object } of [...rights(), ...nodes(spec)]) await client.createIfAbsent(path, object, signal);
      },
    },
  ];
}

interface Wanted {
  readonly path: string;
  readonly object: unknown;
}

function rights(): readonly Wanted[] {
  const apiVersion = `${rbac}/v1`;
  const metadata = { name: kwokName };
  const subjects = [{ apiGroup: rbac, kind: "User", name: kwokName }];
  const leases = { name: kwokName, namespace: "kube-node-lease" };
  const base = `/apis/${rbac}/v1`;
  const inLeases = `${base}/namespaces/${leases.namespace}`;
  const roleRef = (kind: string): unknown => ({ apiGroup: rbac, kind, name: kwokName });
  return [
    { path: `${base}/clusterroles`, object: { apiVersion, kind: "ClusterRole", metadata, rules } },
    {
      path: `${base}/clusterrolebindings`,
      object: { apiVersion, kind: "ClusterRoleBinding", metadata, roleRef: roleRef("ClusterRole"), subjects },
    },
    { path: `${inLeases}/roles`, object: { apiVersion, kind: "Role", metadata: leases, rules: leaseRules } },
    {
      path: `${inLeases}/rolebindings`,
      object: { apiVersion, kind: "RoleBinding", metadata: leases, roleRef: roleRef("Role"), subjects },
    },
  ];
}

/** Not tainted, unlike in kwok's examples: there are no other nodes that pods could go to. */
function nodes(spec: ClusterSpec): readonly Wanted[] {
  const resources = { cpu: "32", memory: "256Gi", pods: "110" };
  return (spec.simulatedNodes ?? []).map((name) => ({
    path: "/api/v1/nodes",
    object: {
      apiVersion: "v1",
      kind: "Node",
      metadata: {
        name,
        annotations: { [managedBy.key]: managedBy.value },
        labels: {
          "kubernetes.io/hostname": name,
          "kubernetes.io/os": "linux",
          "kubernetes.io/arch": process.arch === "arm64" ? "arm64" : "amd64",
          "sandkube.dev/simulated": "true",
        },
      },
      status: {
        allocatable: resources,
        capacity: resources,
        nodeInfo: {
          kubeletVersion: spec.kubernetesVersion,
          architecture: process.arch === "arm64" ? "arm64" : "amd64",
        },
      },
    },
  }));
}
