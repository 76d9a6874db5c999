import type { ApiClient } from "../kube/api-client.ts";
import { serviceRelayName } from "../pki/cluster-pki.ts";

/** Gives the service relay the rights of system:node-proxier, and those to say what it did. */
export async function grantServiceRelay(client: ApiClient, signal: AbortSignal): Promise<void> {
  const group = "rbac.authorization.k8s.io";
  const metadata = { name: serviceRelayName };
  const apply = async (plural: string, object: object): Promise<void> => {
    // Applied, not created: a kept datastore may hold the rights of an older version.
    const path = `/apis/${group}/v1/${plural}/${serviceRelayName}?fieldManager=sandkube&force=true`;
    await client.text(path, { method: "PATCH", body: object, contentType: "application/apply-patch+yaml", signal });
  };
  await apply("clusterroles", {
    apiVersion: `${group}/v1`,
    kind: "ClusterRole",
    metadata,
    rules: [
      { apiGroups: [""], resources: ["services"], verbs: ["get", "list", "watch"] },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["get", "list", "watch"] },
      { apiGroups: [""], resources: ["services/status"], verbs: ["patch"] },
      { apiGroups: [""], resources: ["events"], verbs: ["create", "patch"] },
      // To name the pod that holds a service's port.
      { apiGroups: [""], resources: ["pods"], verbs: ["list"] },
    ],
  });
  await apply("clusterrolebindings", {
    apiVersion: `${group}/v1`,
    kind: "ClusterRoleBinding",
    metadata,
    roleRef: { apiGroup: group, kind: "ClusterRole", name: serviceRelayName },
    subjects: [{ apiGroup: group, kind: "User", name: serviceRelayName }],
  });
}
