import { describe, expect, it } from "vitest";
import { ApiError, type ApiRequest } from "./api-client.ts";
import { publishTrustBundle } from "./trust-bundle.ts";

const { signal } = new AbortController();
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
