import { beforeAll, describe, expect, it } from "vitest";
import { CertificateAuthority } from "../pki/certificate-authority.ts";
import { authoritiesIn } from "./authorities-in.ts";

let one = "";
let two = "";
let leaf = "";

beforeAll(async () => {
  const now = Date.now();
  const [first, second] = await Promise.all(["one", "two"].map((name) => CertificateAuthority.create(name, now)));
  one = first?.pem.certificate.trim() ?? "";
  two = second?.pem.certificate.trim() ?? "";
  leaf =
    (await first?.issue({ commonName: "leaf", usage: "server", subjectAltNames: ["a.test"] }, now))?.certificate ?? "";
});

describe("authoritiesIn", () => {
  it("takes each authority once, and nothing of what stands around", () => {
    const found = authoritiesIn([`# comment\n${one}\ntext\n${two}\n`, `${one}\n`]);
    expect(found.map((pem) => pem.trim())).toEqual([one, two]);
  });

  it("leaves out what is no authority's, or no certificate", () => {
    const key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    const nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    expect(authoritiesIn([leaf, key, nonsense, "", `${one}\n`]).map((pem) => pem.trim())).toEqual([one]);
  });
});
