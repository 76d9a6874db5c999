import { spawnSync } from "node:child_process";
import { createPrivateKey, createPublicKey, sign, verify, X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CertificateAuthority, createSigningKey, type KeyPair } from "./certificate-authority.ts";

const now = Date.now();
const openssl = spawnSync("openssl", ["version"]).error === undefined;
if (!openssl)
  process.stderr.write("Skipped: certificates before the real openssl, because openssl is not installed.\n");

let authority: CertificateAuthority;
let client: KeyPair;
let server: KeyPair;
let directory = "";

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "sandkube-pki-"));
  authority = await CertificateAuthority.create("sandkube-ca", now);
  client = await authority.issue(
    { commonName: "kubernetes-admin", organizations: ["system:masters", "second"], usage: "client" },
    now,
  );
  server = await authority.issue(
    { commonName: "kube-apiserver", usage: "server", subjectAltNames: ["kubernetes", "10.96.0.1", "fd00::1"] },
    now,
  );
  await writeFile(join(directory, "ca.crt"), authority.pem.certificate);
  await writeFile(join(directory, "client.crt"), client.certificate);
  await writeFile(join(directory, "server.crt"), server.certificate);
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

function runOpenssl(...args: string[]): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync("openssl", args, { cwd: directory, encoding: "utf8" });
  return { status, output: `${stdout}${stderr}` };
}

describe.skipIf(!openssl)("before the real openssl", () => {
  it("a client certificate is good for clients, and for no server", () => {
    expect(runOpenssl("verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", "ca.crt", "client.crt")).toEqual({
      status: 0,
      output: "client.crt: OK\n",
    });
    expect(runOpenssl("verify", "-purpose", "sslserver", "-CAfile", "ca.crt", "client.crt").status).not.toBe(0);
  });

  it("a server certificate is good for servers by its names, and for no client", () => {
    const verified = (...args: string[]): number | null =>
      runOpenssl("verify", "-x509_strict", "-purpose", "sslserver", ...args, "-CAfile", "ca.crt", "server.crt").status;
    expect(verified("-verify_hostname", "kubernetes")).toBe(0);
    expect(verified("-verify_ip", "10.96.0.1")).toBe(0);
    expect(verified("-verify_ip", "fd00::1")).toBe(0);
    expect(verified("-verify_ip", "10.96.0.2")).not.toBe(0);
    expect(verified("-verify_hostname", "kubernetes.evil")).not.toBe(0);
    expect(runOpenssl("verify", "-purpose", "sslclient", "-CAfile", "ca.crt", "server.crt").status).not.toBe(0);
  });

  it("a certificate of another authority of the same name is refused", async () => {
    const other = await CertificateAuthority.create("sandkube-ca", now);
    await writeFile(join(directory, "other.crt"), other.pem.certificate);
    expect(runOpenssl("verify", "-CAfile", "other.crt", "client.crt").status).not.toBe(0);
  });

  it("a leaf cannot sign: what it signs is refused", () => {
    expect(runOpenssl("verify", "-CAfile", "client.crt", "-partial_chain", "server.crt").status).not.toBe(0);
  });

  it("the extensions are those of kubeadm's", () => {
    const shown = runOpenssl("x509", "-in", "server.crt", "-noout", "-text").output.replaceAll(/ *\n */g, "\n");
    expect(shown).toContain("X509v3 Basic Constraints: critical\nCA:FALSE");
    expect(shown).toContain("X509v3 Key Usage: critical\nDigital Signature, Key Encipherment");
    expect(shown).toMatch(/X509v3 Extended Key Usage: ?\nTLS Web Server Authentication\n/);
    expect(shown).toMatch(/DNS:kubernetes, IP Address:10\.96\.0\.1, IP Address:FD00:0:0:0:0:0:0:1/);
    expect(shown).toContain("X509v3 Authority Key Identifier");
    const root = runOpenssl("x509", "-in", "ca.crt", "-noout", "-text").output.replaceAll(/ *\n */g, "\n");
    expect(root).toContain("X509v3 Basic Constraints: critical\nCA:TRUE");
    expect(root).toContain("Certificate Sign");
    expect(root).toContain("X509v3 Subject Key Identifier");
  });

  it("the subject has the groups in order, then the name", () => {
    expect(runOpenssl("x509", "-in", "client.crt", "-noout", "-subject", "-nameopt", "RFC2253").output.trim()).toBe(
      "subject=CN=kubernetes-admin,O=second,O=system:masters", // RFC 2253 writes it backwards
    );
  });
});

describe("CertificateAuthority", () => {
  it("signs what its own key verifies, over the key that it gives out", () => {
    const certificate = new X509Certificate(client.certificate);
    const root = new X509Certificate(authority.pem.certificate);
    expect(certificate.verify(root.publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(client.privateKey))).toBe(true);
    expect(root.checkPrivateKey(createPrivateKey(authority.pem.privateKey))).toBe(true);
  });

  it("goes on after it was read back", async () => {
    const loaded = await CertificateAuthority.load(authority.pem);
    expect(loaded.pem).toEqual(authority.pem);
    const issued = new X509Certificate((await loaded.issue({ commonName: "later", usage: "client" }, now)).certificate);
    expect(issued.verify(new X509Certificate(authority.pem.certificate).publicKey)).toBe(true);
    expect(issued.issuer).toBe("CN=sandkube-ca");
  });

  it("bears a clock that lags, and ends after a year; the authority after ten", () => {
    const certificate = new X509Certificate(client.certificate);
    const days = (date: string): number => (Date.parse(date) - now) / 86_400_000;
    expect(Date.parse(certificate.validFrom)).toBeLessThanOrEqual(now - 5 * 60_000);
    expect(days(certificate.validTo)).toBeCloseTo(365, 1);
    expect(days(new X509Certificate(authority.pem.certificate).validTo)).toBeCloseTo(3650, 1);
  });

  it("gives positive serial numbers that differ", async () => {
    const pairs = await Promise.all(
      Array.from({ length: 20 }, () => authority.issue({ commonName: "x", usage: "client" }, now)),
    );
    const serials = pairs.map(({ certificate }) => new X509Certificate(certificate).serialNumber);
    expect(new Set(serials).size).toBe(20);
    // At most 20 bytes, and the first bit is 0 (RFC 5280, 4.1.2.2).
    for (const serial of serials) expect(serial).toMatch(/^[0-7][0-9A-F]{31}$/);
  });

  it("has no alternative names where none are asked for", () => {
    expect(new X509Certificate(client.certificate).subjectAltName).toBeUndefined();
  });
});

describe("createSigningKey", () => {
  it("gives two halves of one P-256 key, as ES256 tokens need", async () => {
    const { privateKey, publicKey } = await createSigningKey();
    expect(createPublicKey(publicKey).asymmetricKeyDetails?.namedCurve).toBe("prime256v1");
    const data = Buffer.from("a token");
    expect(verify("sha256", data, publicKey, sign("sha256", data, privateKey))).toBe(true);
  });
});
