import type { ApiClient } from "./api-client.ts";
import { applyObject } from "./apply-object.ts";

const group = "rbac.authorization.k8s.io";

/** What may be done with which resources, as in a ClusterRole. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/**
 * Gives a user rights in the whole cluster, by a ClusterRole and a binding of the user's name. Applied, not created: a
 * kept datastore may hold the rights of an older version.
 *
 * @throws ApiError where the API server refuses them
 */
export async function grantRights(
  client: Pick<ApiClient, "text">,
  user: string,
  rules: readonly Rule[],
  signal: AbortSignal,
): Promise<void> {
  const apiVersion = `${group}/v1`;
  const metadata = { name: user };
  const role = { apiVersion, kind: "ClusterRole", metadata, rules };
  await applyObject(client, `/apis/${apiVersion}/clusterroles`, role, signal);
  const binding = {
    apiVersion,
    kind: "ClusterRoleBinding",
    metadata,
    roleRef: { apiGroup: group, kind: "ClusterRole", name: user },
    subjects: [{ apiGroup: group, kind: "User", name: user }],
  };
  await applyObject(client, `/apis/${apiVersion}/clusterrolebindings`, binding, signal);
}
