import { describe, expect, it } from "vitest";
import { shortClock } from "../../test/fixtures/short-clock.ts";
import { testSpec } from "../../test/fixtures/cluster-spec.ts";
import { ApiError, type ApiRequest } from "./api-client.ts";
import { podProxyPolicy, podProxyVariables, tellPodsOfNoProxy, tellPodsOfProxy, type Variable } from "./pod-proxy.ts";

const spec = testSpec("/state");
const { signal } = new AbortController();
const password = "http://user:pass%22word@proxy:3128";

describe("podProxyVariables", () => {
  const names = (variables: readonly Variable[]): readonly string[] => variables.map(({ name }) => name);

  it("are in both cases, and keep the cluster's own addresses and names off the proxy", () => {
    const variables = podProxyVariables({ http: "http://a:1", https: "http://b:2", bypass: [".corp"] }, spec, false);
    const values = Object.fromEntries(variables.map(({ name, value }) => [name, value]));
    expect(values).toMatchObject({ HTTP_PROXY: "http://a:1", http_proxy: "http://a:1", https_proxy: "http://b:2" });
    expect(values["NO_PROXY"]).toBe(values["no_proxy"]);
    expect(values["NO_PROXY"]?.split(",")).toEqual(
      expect.arrayContaining([".corp", "10.96.0.0/16", "10.244.0.0/24", "10.96.0.1", ".svc", ".cluster.local"]),
    );
    expect(names(variables)).toHaveLength(6);
  });

  it("are those of one proxy where there is one only", () => {
    const variables = podProxyVariables({ https: "http://b:2", bypass: [] }, spec, false);
    expect(names(variables)).toEqual(["HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"]);
  });

  it("name the file of authorities where there is one", () => {
    const variables = podProxyVariables({ http: "http://a:1", bypass: [] }, spec, true);
    expect(names(variables)).toEqual(expect.arrayContaining(["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"]));
    const files = variables.filter(({ name }) => name === "SSL_CERT_FILE" || name === "CURL_CA_BUNDLE");
    expect(files.map(({ value }) => value)).toEqual(
      Array(2).fill("/var/run/secrets/sandkube.dev/pod-proxy/ca-certificates.crt"),
    );
  });
});

describe("podProxyPolicy", () => {
  interface Policy {
    readonly spec: {
      readonly variables: readonly { readonly expression: string }[];
      readonly mutations: readonly {
        readonly patchType: string;
        readonly applyConfiguration?: { expression: string };
      }[];
    };
  }
  const variables = [{ name: "HTTP_PROXY", value: 'quote " backslash \\' }];

  it("writes values as CEL reads them", () => {
    const { spec: made } = podProxyPolicy(variables, false) as unknown as Policy;
    expect(made.variables[0]?.expression).toBe('[{"name": "HTTP_PROXY", "value": "quote \\" backslash \\\\"}]');
  });

  it("mounts nothing where there are no authorities", () => {
    const without = podProxyPolicy(variables, false) as unknown as Policy;
    expect(without.spec.mutations.map(({ patchType }) => patchType)).toEqual(["ApplyConfiguration"]);
    expect(without.spec.mutations[0]?.applyConfiguration?.expression).not.toContain("volumeMounts");
    const withSome = podProxyPolicy(variables, true) as unknown as Policy;
    expect(withSome.spec.mutations.map(({ patchType }) => patchType)).toEqual(["ApplyConfiguration", "JSONPatch"]);
  });
});

describe("tellPodsOfProxy", () => {
  /** An API server that follows a policy at the given look; tells what it was asked. */
  function server(followsAt: number): {
    readonly client: Parameters<typeof tellPodsOfProxy>[0];
    readonly asked: string[];
  } {
    const asked: string[] = [];
    let looks = 0;
    const text = (path: string, { method = "GET" }: ApiRequest = {}): Promise<string> => {
      asked.push(`${method} ${path.replace(/\?.*/, "").replace(/.*\//, "")}`);
      return Promise.resolve("{}");
    };
    const json = <T>(path: string, options: ApiRequest = {}): Promise<T> => {
      looks++;
      if (looks === 1) return Promise.reject(new ApiError(403, "no service account yet"));
      void text(path, options);
      const env = looks < followsAt ? [{ name: "HTTP_PROXY", value: "an older one" }] : variables;
      return Promise.resolve({ spec: { containers: [{ env }] } } as T);
    };
    return { client: { text, json }, asked };
  }
  const variables = [{ name: "HTTP_PROXY", value: password }];

  it("returns when a new pod is told, and not of an older proxy", async () => {
    const { client, asked } = server(4);
    await tellPodsOfProxy(client, variables, ["a certificate"], { clock: shortClock(() => true), signal });
    expect(asked).toEqual([
      ...["PATCH sandkube-pod-proxy", "PATCH sandkube-pod-proxy", "PATCH sandkube-pod-proxy"],
      ...["POST pods", "POST pods", "POST pods"],
    ]);
  });

  it("says what is missing without its value", async () => {
    const { client } = server(Number.POSITIVE_INFINITY);
    let time = 0;
    const clock = { ...shortClock(() => true), monotonic: () => (time += 10_000) };
    const failure = tellPodsOfProxy(client, variables, [], { clock, signal });
    await expect(failure).rejects.toThrow("a new pod is not told HTTP_PROXY");
    await expect(failure).rejects.not.toThrow("word");
  });

  it("never repeats a password that the API server quotes", async () => {
    const { client } = server(0);
    const refusal = new ApiError(422, `spec.variables[0].expression: Invalid value: ${JSON.stringify(password)}`);
    const text = (): Promise<string> => Promise.reject(refusal);
    const failure = tellPodsOfProxy({ ...client, text }, variables, [], { clock: shortClock(() => true), signal });
    await expect(failure).rejects.toThrow("Invalid value");
    await expect(failure).rejects.not.toThrow("word");
  });
});

it("forgets all of it, and does not mind what is not there", async () => {
  const asked: string[] = [];
  const text = (path: string, { method }: ApiRequest = {}): Promise<string> => {
    asked.push(`${method ?? ""} ${path.split("/").at(-2) ?? ""}`);
    return Promise.reject(new ApiError(404, "not found"));
  };
  await tellPodsOfNoProxy({ text }, signal);
  expect(asked).toEqual([
    "DELETE mutatingadmissionpolicybindings",
    "DELETE mutatingadmissionpolicies",
    "DELETE clustertrustbundles",
  ]);
});
