import { describe, expect, it } from "vitest";
import { systemClock } from "../host/system-clock.ts";
import type { HttpAnswer, HttpOptions } from "../contract/host.ts";
import type { RegistryAnswer } from "../contract/registry-answer.ts";
import { askRegistry, tokenServer } from "./ask-registry.ts";
import { endpointsOf } from "./registry-endpoints.ts";

interface Asked extends HttpOptions {
  readonly url: string;
}

/** Asks https://a.test/v2/, or another place, and gets these answers one after the other. */
async function ask(
  answers: readonly HttpAnswer[],
  how: { mirror?: string; environment?: Record<string, string>; login?: boolean } = {},
): Promise<{ readonly answer: RegistryAnswer; readonly asked: readonly Asked[] }> {
  const left = [...answers];
  const asked: Asked[] = [];
  const requests = {
    get: (url: string, options: HttpOptions): Promise<HttpAnswer> => {
      asked.push({ url, ...options });
      const next = left.shift();
      return next === undefined ? Promise.reject(new Error("asked too often")) : Promise.resolve(next);
    },
  };
  const [endpoint] = endpointsOf({ registry: "a.test", mirrors: how.mirror === undefined ? [] : [how.mirror] });
  if (endpoint === undefined) throw new Error("no endpoint");
  const answer = await askRegistry(endpoint, {
    host: { environment: how.environment ?? {}, requests, clock: systemClock },
    authorities: ["pem"],
    ...(how.login === true ? { login: { username: "me", password: "secret-word" } } : {}),
    patience: 5000,
    signal: new AbortController().signal,
  });
  expect(left).toEqual([]);
  expect(JSON.stringify(answer)).not.toContain("secret-word");
  return { answer, asked };
}

const status = (code: number, headers: Record<string, string> = {}): HttpAnswer => ({
  kind: "answered",
  status: code,
  headers,
});
const failed = (code: string, at: "proxy" | "target" = "target"): HttpAnswer => ({
  kind: "failed",
  at,
  code,
  because: `words for ${code}`,
});
const basicChallenge = status(401, { "www-authenticate": 'Basic realm="x"' });
const bearerChallenge = status(401, {
  "www-authenticate": 'Bearer realm="https://auth.test/token",service="a.test"',
});
const proxied = {
  HTTPS_PROXY: "http://me:secret-word@proxy.test:3128",
  HTTP_PROXY: "http://me:secret-word@proxy.test:3128",
};

describe("a registry that is asked", () => {
  it("answers", async () => {
    const { answer, asked } = await ask([status(200)]);
    expect(answer).toMatchObject({ registry: "a.test", kind: "registry", verdict: "answers", proxy: null });
    expect(asked.map(({ url }) => url)).toEqual(["https://a.test/v2/"]);
    expect(asked[0]).toMatchObject({ authorities: ["pem"] });
    expect(asked[0]?.timeout).toBeLessThanOrEqual(5000);
  });

  it("is asked by the proxy, whose password is not told", async () => {
    const { answer, asked } = await ask([status(200)], { environment: proxied });
    expect(answer.proxy).toBe("http://proxy.test:3128");
    expect(asked[0]?.proxy).toBe("http://me:secret-word@proxy.test:3128");
  });

  it("is asked with the login once it wants one, and not before", async () => {
    const { answer, asked } = await ask([basicChallenge, status(200)], { login: true });
    expect(answer.verdict).toBe("answers");
    expect(asked.map(({ headers }) => headers?.["authorization"])).toEqual([undefined, "Basic bWU6c2VjcmV0LXdvcmQ="]);
  });

  it("is as good as its token server", async () => {
    const { answer, asked } = await ask([bearerChallenge, status(200)]);
    expect(answer.verdict).toBe("answers");
    expect(asked[1]?.url).toBe("https://auth.test/token?service=a.test");
    const refused = await ask([bearerChallenge, { kind: "refused", status: 403 }], { environment: proxied });
    expect(refused.answer.verdict).toBe("proxy-refused");
    expect(refused.answer.because).toBe("its token server auth.test: the proxy http://proxy.test:3128 refused (403)");
  });

  it.each([
    ["unauthorized", "the docker config has none for it", [basicChallenge], {}],
    ["unauthorized", "does not take the credentials", [basicChallenge, basicChallenge], { login: true }],
    ["unauthorized", "does not take the credentials", [bearerChallenge, status(401)], { login: true }],
    ["unauthorized", "wants credentials (403)", [status(403)], { environment: proxied }],
    ["failed", "it answers 404, as no registry does", [status(404)], {}],
    ["unresolved", "the name of a.test has no address here", [failed("ENOTFOUND")], {}],
    [
      "unresolved",
      "the name of the proxy http://proxy.test:3128",
      [failed("EAI_AGAIN", "proxy")],
      { environment: proxied },
    ],
    ["connection-refused", "a.test takes no connection", [failed("ECONNREFUSED")], {}],
    [
      "connection-refused",
      "the proxy http://proxy.test:3128 takes",
      [failed("ECONNREFUSED", "proxy")],
      { environment: proxied },
    ],
    ["timeout", "no answer of a.test within 5 s", [failed("ETIMEDOUT")], {}],
    ["untrusted", "words for SELF_SIGNED_CERT_IN_CHAIN", [failed("SELF_SIGNED_CERT_IN_CHAIN")], {}],
    ["untrusted", "the certificate of a.test is not trusted", [failed("ERR_TLS_CERT_ALTNAME_INVALID")], {}],
    ["untrusted", "", [failed("UNABLE_TO_VERIFY_LEAF_SIGNATURE")], {}],
    ["failed", "a.test does not speak TLS", [failed("EPROTO")], {}],
    ["failed", "words for ECONNRESET", [failed("ECONNRESET")], {}],
    [
      "proxy-refused",
      "the proxy http://proxy.test:3128 refused (403)",
      [{ kind: "refused", status: 403 }],
      { environment: proxied },
    ],
    ["proxy-refused", "wants credentials (407)", [{ kind: "refused", status: 407 }], { environment: proxied }],
    ["failed", "does not reach it (502)", [{ kind: "refused", status: 502 }], { environment: proxied }],
    ["proxy-refused", "refused (403)", [status(403)], { environment: proxied, mirror: "http://m.test" }],
    [
      "unauthorized",
      "(403)",
      [status(403, { "docker-distribution-api-version": "registry/2.0" })],
      { environment: proxied, mirror: "http://m.test" },
    ],
    ["failed", "is no HTTP proxy", [], { environment: { HTTPS_PROXY: "socks5://proxy.test:1080" } }],
  ] as const)("is %s: %s", async (verdict, because, answers, how) => {
    const { answer } = await ask(answers, how);
    expect(answer.because).toContain(because);
    expect(answer.verdict).toBe(verdict);
  });
});

describe("tokenServer", () => {
  it.each([
    ['Basic realm="https://a.test"', undefined],
    ['Bearer realm="not an address"', undefined],
    ['Bearer realm="file:///etc/passwd"', undefined],
    ["", undefined],
    ['bearer service="s t",realm="https://a.test/token?x=1"', "https://a.test/token?x=1&service=s+t"],
  ])("of %s is %s", (challenge, address) => {
    expect(tokenServer(challenge)).toBe(address);
  });
});
