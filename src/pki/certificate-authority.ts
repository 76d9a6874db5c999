import "reflect-metadata"; // @peculiar/x509 resolves its parts through tsyringe, which needs it.
import { webcrypto } from "node:crypto";
import { isIP } from "node:net";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  type Extension,
} from "@peculiar/x509";

/** P-256: small keys that are made in a millisecond, and every Kubernetes component takes them. */
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** Certificates are valid from a little before now, as clocks of sandboxes may lag. */
const backdateMilliseconds = 5 * 60_000;
const dayMilliseconds = 86_400_000;
const authorityDays = 3650;
const leafDays = 365;

/** A certificate with its private key, both PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly privateKey: string;
}

/** What a leaf certificate is for. */
export interface LeafRequest {
  readonly commonName: string;
  /** The groups of a Kubernetes client, in order. */
  readonly organizations?: readonly string[];
  readonly usage: "client" | "server";
  /** DNS names and IP addresses of a server. */
  readonly subjectAltNames?: readonly string[];
}

/** A certificate authority that lives in memory; the caller stores its PEM. */
export class CertificateAuthority {
  readonly pem: KeyPair;
  readonly #certificate: X509Certificate;
  readonly #key: webcrypto.CryptoKey;

  private constructor(pem: KeyPair, certificate: X509Certificate, key: webcrypto.CryptoKey) {
    this.pem = pem;
    this.#certificate = certificate;
    this.#key = key;
  }

  /** Makes a new self-signed authority, valid for ten years as kubeadm's is. */
  static async create(commonName: string, now: number): Promise<CertificateAuthority> {
    const keys = await generateKeys();
    const certificate = await X509CertificateGenerator.createSelfSigned(
      {
        serialNumber: serialNumber(),
        name: [{ CN: [commonName] }],
        notBefore: new Date(now - backdateMilliseconds),
        notAfter: new Date(now + authorityDays * dayMilliseconds),
        keys,
        signingAlgorithm: algorithm,
        extensions: [
          new BasicConstraintsExtension(true, undefined, true),
          new KeyUsagesExtension(
            KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign | KeyUsageFlags.digitalSignature,
            true,
          ),
          await SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
        ],
      },
      webcrypto,
    );
    const pem = { certificate: certificate.toString("pem"), privateKey: await exportPrivateKey(keys.privateKey) };
    return new CertificateAuthority(pem, certificate, keys.privateKey);
  }

  /** Reads an authority back from what `pem` held. */
  static async load(pem: KeyPair): Promise<CertificateAuthority> {
    const key = await webcrypto.subtle.importKey("pkcs8", PemConverter.decodeFirst(pem.privateKey), algorithm, true, [
      "sign",
    ]);
    return new CertificateAuthority(pem, new X509Certificate(pem.certificate), key);
  }

  /** Signs a certificate over a new key, valid for one year as kubeadm's are. */
  async issue(request: LeafRequest, now: number): Promise<KeyPair> {
    const keys = await generateKeys();
    const extensions: Extension[] = [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
      new ExtendedKeyUsageExtension([
        request.usage === "client" ? ExtendedKeyUsage.clientAuth : ExtendedKeyUsage.serverAuth,
      ]),
      await AuthorityKeyIdentifierExtension.create(this.#certificate, false, webcrypto),
    ];
    const names = request.subjectAltNames ?? [];
    if (names.length > 0) {
      extensions.push(
        new SubjectAlternativeNameExtension(
          names.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value })),
        ),
      );
    }
    const certificate = await X509CertificateGenerator.create(
      {
        serialNumber: serialNumber(),
        subject: [
          ...(request.organizations ?? []).map((organization) => ({ O: [organization] })),
          { CN: [request.commonName] },
        ],
        issuer: this.#certificate.subjectName,
        notBefore: new Date(now - backdateMilliseconds),
        notAfter: new Date(now + leafDays * dayMilliseconds),
        publicKey: keys.publicKey,
        signingKey: this.#key,
        signingAlgorithm: algorithm,
        extensions,
      },
      webcrypto,
    );
    return { certificate: certificate.toString("pem"), privateKey: await exportPrivateKey(keys.privateKey) };
  }
}

/** A key pair for signing service-account tokens (ES256), both PEM. */
export async function createSigningKey(): Promise<{ readonly privateKey: string; readonly publicKey: string }> {
  const keys = await generateKeys();
  return {
    privateKey: await exportPrivateKey(keys.privateKey),
    publicKey: PemConverter.encode(await webcrypto.subtle.exportKey("spki", keys.publicKey), "PUBLIC KEY"),
  };
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

async function exportPrivateKey(key: webcrypto.CryptoKey): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}

/** 127 random bits: unique, and positive whatever the first byte is (RFC 5280, 4.1.2.2). */
function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01;
  return Buffer.from(bytes).toString("hex");
}
