import { describe, expect, it } from "vitest";
import { testSpec } from "../../test/fixtures/cluster-spec.ts";
import { aroundProxy, aroundProxyVariables, bypassOf } from "./around-proxy.ts";

const spec = testSpec("/state", {
  api: { bindAddress: "192.0.2.7", advertiseAddress: "192.0.2.7", subjectAltNames: [] },
});

describe("aroundProxy", () => {
  it("names the cluster's addresses, as networks and by themselves, and its names", () => {
    expect(aroundProxy(spec, []).split(",")).toEqual([
      "localhost",
      "127.0.0.1",
      "::1",
      "192.0.2.7",
      "10.244.0.1",
      "10.96.0.1",
      "10.244.0.0/24",
      "10.96.0.0/16",
      "10.245.0.0/24",
      "kubernetes",
      "kubernetes.default",
      ".svc",
      ".cluster.local",
    ]);
  });

  it("keeps what was there, and says nothing twice", () => {
    const entries = aroundProxy(spec, [".corp", "localhost"]).split(",");
    expect(entries[0]).toBe(".corp");
    expect(entries.filter((entry) => entry === "localhost")).toHaveLength(1);
  });
});

describe("aroundProxyVariables", () => {
  it("are none where there is no proxy", () => {
    expect(aroundProxyVariables({ NO_PROXY: "x", HTTP_PROXY: "" }, spec)).toEqual({});
  });

  it("are both forms where there is one, in whichever form", () => {
    const value = aroundProxy(spec, ["x"]);
    for (const name of ["HTTP_PROXY", "https_proxy", "ALL_PROXY"]) {
      expect(aroundProxyVariables({ [name]: "http://p:1", NO_PROXY: "x" }, spec)).toEqual({
        NO_PROXY: value,
        no_proxy: value,
      });
    }
  });
});

it.each([
  [{ NO_PROXY: "a, b,,c d" }, ["a", "b", "c", "d"]],
  [{ no_proxy: "lower", NO_PROXY: "upper" }, ["lower"]],
  [{ no_proxy: " ", NO_PROXY: "upper" }, ["upper"]],
  [{}, []],
])("bypassOf %j", (environment, expected) => {
  expect(bypassOf(environment)).toEqual(expected);
});
