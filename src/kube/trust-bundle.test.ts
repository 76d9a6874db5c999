import { beforeAll, describe, expect, it } from "vitest";
import { CertificateAuthority } from "../pki/certificate-authority.ts";
import { ApiError, type ApiRequest } from "./api-client.ts";
import { authoritiesIn, publishTrustBundle } from "./trust-bundle.ts";

const { signal } = new AbortController();
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

describe("publishTrustBundle", () => {
  /** Takes every bundle but one that an answer is given for; tells the bundles it was sent. */
  function server(answers: readonly (ApiError | undefined)[]): {
    readonly text: (path: string, options?: ApiRequest) => Promise<string>;
    readonly sent: string[];
  } {
    const sent: string[] = [];
    return {
      sent,
      text: (_, { body } = {}) => {
        sent.push((body as { spec: { trustBundle: string } }).spec.trustBundle);
        const answer = answers[sent.length - 1];
        return answer === undefined ? Promise.resolve("{}") : Promise.reject(answer);
      },
    };
  }

  it("leaves out what Go does not take", async () => {
    const because =
      'ClusterTrustBundle "x" is invalid: [spec.trustBundle: Invalid value: "<value omitted>": entry 0 does not parse as X.509, spec.trustBundle: Invalid value: "<value omitted>": entry 2 does not have the CA bit set]';
    const { text, sent } = server([new ApiError(422, because)]);
    await publishTrustBundle({ text }, "x", ["a", "b", "c", "d"], signal);
    expect(sent).toEqual(["abcd", "bd"]);
  });

  it("gives up where the API server refuses for another reason, or again", async () => {
    const long = new ApiError(422, "spec.trustBundle: Too long: may not be more than 1048576 bytes");
    await expect(publishTrustBundle(server([long]), "x", ["a"], signal)).rejects.toBe(long);
    const entry = new ApiError(422, "entry 0 does not parse");
    await expect(publishTrustBundle(server([entry, entry]), "x", ["a", "b"], signal)).rejects.toBe(entry);
    const forbidden = new ApiError(403, "entry 0 is forbidden");
    await expect(publishTrustBundle(server([forbidden]), "x", ["a"], signal)).rejects.toBe(forbidden);
  });
});
