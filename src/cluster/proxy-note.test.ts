import { expect, it } from "vitest";
import { testSpec } from "../../test/fixtures/cluster-spec.ts";
import { proxyNote } from "./proxy-note.ts";

const api = { bindAddress: "10.244.0.1", advertiseAddress: "10.244.0.1", subjectAltNames: [] };
const node = testSpec("/state", { mode: "node", api });
const proxy = { HTTPS_PROXY: "http://user:secret@proxy:3128" };

it("tells how to keep one's own programs off the proxy, without its password", () => {
  const note = proxyNote({ ...proxy, NO_PROXY: ".corp" }, node);
  expect(note).toMatch(/export NO_PROXY=\.corp,\S*10\.244\.0\.0\/24\S* no_proxy=\.corp/);
  expect(note).not.toContain("secret");
});

it.each([
  ["without a proxy", { NO_PROXY: "" }],
  ["where the address is named", { ...proxy, no_proxy: "10.244.0.1" }],
  ["where its network is named", { ...proxy, NO_PROXY: "example.org,10.0.0.0/8" }],
  ["where everything is", { ...proxy, NO_PROXY: "*" }],
])("says nothing %s", (_, environment) => {
  expect(proxyNote(environment, node)).toBeUndefined();
});

it("knows other networks and names from the server's", () => {
  expect(proxyNote({ ...proxy, NO_PROXY: "10.1.0.0/16,10.244.0.10,example.org/8,10.0.0.0/99" }, node)).toBeDefined();
});

it("says nothing of a server on loopback, and means the advertised address of one that listens everywhere", () => {
  expect(proxyNote(proxy, testSpec("/state"))).toBeUndefined();
  const everywhere = testSpec("/state", { api: { ...api, bindAddress: "0.0.0.0" } });
  expect(proxyNote(proxy, everywhere)).toBeDefined();
  expect(proxyNote({ ...proxy, NO_PROXY: "10.244.0.1" }, everywhere)).toBeUndefined();
});
