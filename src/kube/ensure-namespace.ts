import type { ApiClient } from "./api-client.ts";

/**
 * Makes a namespace that has to be there now: the API server makes its own ones, such as kube-system, a moment after it is ready.
 *
 * @throws ApiError where the API server refuses it
 */
export async function ensureNamespace(
  client: Pick<ApiClient, "createIfAbsent">,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
  await client.createIfAbsent("/api/v1/namespaces", namespace, signal);
}
