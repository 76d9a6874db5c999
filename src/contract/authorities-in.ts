import { X509Certificate } from "node:crypto";

/**
 * The certificates of authorities in PEM texts, each once and alone: what stands between them is left out, and so are
 * certificates that are no authority's, since the API server refuses a trust bundle for one of those
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
