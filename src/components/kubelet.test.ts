import { describe, expect, it } from "vitest";
import { testSpec } from "../../test/fixtures/cluster-spec.ts";
import { kubeletConfiguration } from "./kubelet.ts";

const spec = testSpec("/state");

describe("the kubelet's configuration", () => {
  it.each([
    [["192.0.2.53"], undefined],
    [["127.0.0.53", "192.0.2.53"], undefined],
    [["127.0.0.53"], "/state/configuration/resolv.conf"],
    [["::1"], "/state/configuration/resolv.conf"],
    [[], "/state/configuration/resolv.conf"],
  ])("with the name servers %j, pods with the machine's DNS get %s", (resolvers, path) => {
    const configuration = kubeletConfiguration({ ...spec, network: { ...spec.network, resolvers } });
    expect(configuration["resolvConf"]).toBe(path);
    expect(configuration["clusterDNS"]).toEqual(["10.96.0.10"]);
  });
});
