import { describe, expect, it } from "vitest";
import { endpointsOf } from "./registry-endpoints.ts";

describe("endpointsOf", () => {
  it("are the mirrors in their order, and then the registry itself", () => {
    const mirrors = ["https://one.test", "http://two.test:5000/"];
    expect(endpointsOf({ registry: "registry.k8s.io", mirrors }).map(({ kind, base }) => [kind, base])).toEqual([
      ["mirror", "https://one.test/v2"],
      ["mirror", "http://two.test:5000/v2"],
      ["registry", "https://registry.k8s.io/v2"],
    ]);
  });

  it.each([
    ["https://m.test/k8s", "https://m.test/v2/k8s", "https://m.test/v2/"],
    ["https://m.test/a/b/", "https://m.test/v2/a/b", "https://m.test/v2/"],
    ["https://m.test/v2/k8s", "https://m.test/v2/k8s", "https://m.test/v2/"],
    ["https://m.test/api/docker/k8s/v2", "https://m.test/api/docker/k8s/v2", "https://m.test/api/docker/k8s/v2/"],
    ["https://v2/k8s", "https://v2/v2/k8s", "https://v2/v2/"],
  ])("%s: repositories are below %s", (mirror, base, api) => {
    expect(endpointsOf({ registry: "a.test", mirrors: [mirror] })[0]).toMatchObject({ base, api });
  });

  it("of docker.io is where its images are, and of a registry without TLS its http: address", () => {
    expect(endpointsOf({ registry: "docker.io", mirrors: [] })).toEqual([
      {
        registry: "docker.io",
        kind: "registry",
        host: "registry-1.docker.io",
        base: "https://registry-1.docker.io/v2",
        api: "https://registry-1.docker.io/v2/",
      },
    ]);
    const [own] = endpointsOf({ registry: "a.test:5000", mirrors: [], plainHttp: true });
    expect(own).toMatchObject({ host: "a.test:5000", api: "http://a.test:5000/v2/" });
  });
});
