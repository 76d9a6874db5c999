import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { testSpec } from "../../test/fixtures/cluster-spec.ts";
import { localHost } from "../host/local-host.ts";
import { ApiAccess } from "./api-access.ts";
import { kubelet, kubeletConfiguration } from "./kubelet.ts";

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

describe("the kubelet's credentials", () => {
  it.each([
    [undefined, {}],
    [
      JSON.stringify({ auths: { "registry.test": { auth: "bWU6c2VjcmV0" } } }),
      { "registry.test": { auth: "bWU6c2VjcmV0" } },
    ],
  ])("are in its root directory, for nobody else to read, where the docker config says %s", async (text, auths) => {
    const directory = await mkdtemp(join(tmpdir(), "sandkube-kubelet-"));
    try {
      using api = new ApiAccess(localHost());
      const environment = { DOCKER_CONFIG: join(directory, "docker") };
      if (text !== undefined) await localHost().files.write(join(directory, "docker/config.json"), text);
      const own = testSpec(directory);
      const process = await kubelet({ ...localHost(), environment }, api).prepare(own, new AbortController().signal);
      const path = join(directory, "kubelet/config.json");
      expect(JSON.parse(await readFile(path, "utf8"))).toEqual({ auths });
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      expect(process.argv).toContain(`--root-dir=${join(directory, "kubelet")}`);
      expect(JSON.stringify(process)).not.toContain("bWU6");
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
