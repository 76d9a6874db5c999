import { X509Certificate } from "node:crypto";
import { ApiError, type ApiClient } from "./api-client.ts";
import { applyObject } from "./apply-object.ts";

/** Feature gates without which there are no trust bundles, or none in pods; both are off by default in Kubernetes v1.36. */
export const trustBundleGates = ["ClusterTrustBundle", "ClusterTrustBundleProjection"] as const;

/** The path of all trust bundles. */
export const trustBundles = "/apis/certificates.k8s.io/v1beta1/clustertrustbundles";

/** What the API server says of a certificate that Go does not take, or that is no authority's. */
const refusedEntry = /entry (\d+) /g;

/**
 * The certificates of authorities in PEM texts, each once and alone: what stands between them is left out, and so are
 * certificates that are no authority's, since the API server refuses a bundle for one of those
 * (validateTrustBundle in https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/apis/certificates/validation/validation.go).
 * Pure.
 */
export function authoritiesIn(texts: readonly string[]): readonly string[] {
  const found = new Set<string>();
  for (const text of texts) {
    for (const [block] of text.matchAll(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g)) {
      const certificate = parsed(block);
      if (certificate?.ca === true) found.add(certificate.toString());
    }
  }
  return [...found];
}

function parsed(block: string): X509Certificate | undefined {
  try {
    return new X509Certificate(block);
  } catch {
    return undefined;
  }
}

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
