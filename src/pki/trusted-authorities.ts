import { authoritiesIn } from "../contract/authorities-in.ts";
import type { Host } from "../contract/host.ts";

/** Where systems keep the authorities that they trust (https://github.com/golang/go/blob/go1.26.0/src/crypto/x509/root_linux.go). */
const systemAuthorities = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/tls/cacert.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** Whom this machine trusts. */
export interface TrustedAuthorities {
  /** Files with the certificates of authorities. */
  readonly files: readonly string[];
  /** A file that a variable names and that holds no authority's certificate. */
  readonly silent: string | undefined;
}

/** The files that SSL_CERT_FILE or, without a word there, the system names, and that of NODE_EXTRA_CA_CERTS. */
export async function trustedAuthorities({ environment, files }: Host): Promise<TrustedAuthorities> {
  const own = environment["SSL_CERT_FILE"] ?? "";
  const extra = environment["NODE_EXTRA_CA_CERTS"] ?? "";
  const holds = async (path: string): Promise<boolean> => {
    if (path === "") return false;
    const text = await files.readTextIfPresent(path).catch(() => undefined);
    return text !== undefined && authoritiesIn([text]).length > 0;
  };
  const found: string[] = [];
  for (const path of own === "" ? systemAuthorities : [own]) {
    if (found.length === 0 && (await holds(path))) found.push(path);
  }
  if (!found.includes(extra) && (await holds(extra))) found.push(extra);
  return { files: found, silent: [own, extra].find((path) => path !== "" && !found.includes(path)) };
}
