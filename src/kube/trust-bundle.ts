import { ApiError, type ApiClient } from "./api-client.ts";
import { applyObject } from "./apply-object.ts";

/** Feature gates without which there are no trust bundles, or none in pods; both are off by default in Kubernetes v1.36. */
export const trustBundleGates = ["ClusterTrustBundle", "ClusterTrustBundleProjection"] as const;

/** The path of all trust bundles. */
export const trustBundles = "/apis/certificates.k8s.io/v1beta1/clustertrustbundles";

/** What the API server says of a certificate that Go does not take, or that is no authority's. */
const refusedEntry = /entry (\d+) /g;

/**
 * Publishes a bundle that pods may mount, whatever their namespace. A certificate that Node takes and Go does not is
 * left out.
 *
 * @throws ApiError where the API server refuses it, as one of more than 1 MiB
 */
export async function publishTrustBundle(
  client: Pick<ApiClient, "text">,
  name: string,
  certificates: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const apply = (some: readonly string[]): Promise<void> =>
    applyObject(
      client,
      trustBundles,
      {
        apiVersion: "certificates.k8s.io/v1beta1",
        kind: "ClusterTrustBundle",
        metadata: { name },
        spec: { trustBundle: some.join("") },
      },
      signal,
    );
  try {
    await apply(certificates);
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 422)) throw error;
    const refused = new Set([...error.message.matchAll(refusedEntry)].map(([, index]) => Number(index)));
    if (refused.size === 0) throw error;
    await apply(certificates.filter((_, index) => !refused.has(index)));
  }
}
