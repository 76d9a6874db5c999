import { describe, expect, it } from "vitest";
import { scriptedHost } from "../../test/fixtures/scripted-host.ts";
import type { HttpAnswer, HttpOptions } from "../contract/host.ts";
import { silent } from "../contract/progress.ts";
import { CertificateAuthority } from "../pki/certificate-authority.ts";
import { askRegistries, credentialNotes, registryRoutes } from "./registries.ts";

const pem = async (name: string): Promise<string> =>
  (await CertificateAuthority.create(name, Date.now())).pem.certificate;

describe("registryRoutes", () => {
  it("are as the config file says", async () => {
    const host = scriptedHost({ files: { "/ca.pem": await pem("one") } });
    const wanted = { "a.test": { mirrors: ["https://m.test"], authority: "/ca.pem" }, "b.test": { plainHttp: true } };
    expect(await registryRoutes(wanted, host)).toEqual([
      { registry: "a.test", mirrors: ["https://m.test"], authority: "/ca.pem" },
      { registry: "b.test", mirrors: [], plainHttp: true },
    ]);
    expect(await registryRoutes(undefined, host)).toEqual([]);
  });

  it.each([
    ["/absent.pem", "cannot be read"],
    ["/empty.pem", "holds no certificate of an authority"],
  ])("are refused with the authority %s: it %s", async (authority, because) => {
    const host = scriptedHost({ files: { "/empty.pem": "nothing" } });
    await expect(registryRoutes({ "a.test": { authority } }, host)).rejects.toMatchObject({
      message: `registries.a.test.authority: ${authority} ${because}.`,
      exit: "usage",
    });
  });
});

it("credentials are told of by their registries only", async () => {
  const entry = { auth: Buffer.from("me:word").toString("base64") };
  const config = { auths: { "https://index.docker.io/v1/": entry, "docker.io": entry }, credsStore: "pass" };
  const files = { "/d/config.json": JSON.stringify(config) };
  const notes = await credentialNotes(scriptedHost({ environment: { DOCKER_CONFIG: "/d" }, files }));
  expect(notes[0]).toBe("Every pod's images are pulled with the credentials of the docker config for docker.io.");
  expect(notes[1]).toContain("docker-credential-pass");
  expect(await credentialNotes(scriptedHost({}))).toEqual([]);
});

it("every place is asked, with its own login and authorities, and the usual registries, too", async () => {
  const [system, own] = [await pem("system"), await pem("own")];
  const asked = new Map<string, HttpOptions>();
  const get = (url: string, options: HttpOptions): Promise<HttpAnswer> => {
    asked.set(url, options);
    const wants = url.includes("m.test") && options.headers === undefined;
    const headers: Record<string, string> = wants ? { "www-authenticate": "Basic" } : {};
    return Promise.resolve({ kind: "answered", status: wants ? 401 : 200, headers });
  };
  const auths = { "m.test": { auth: Buffer.from("me:word").toString("base64") } };
  const scripted = scriptedHost({
    environment: { DOCKER_CONFIG: "/d", SSL_CERT_FILE: "/system.pem" },
    files: { "/system.pem": system, "/own.pem": own, "/d/config.json": JSON.stringify({ auths }) },
  });
  const session = { host: { ...scripted, requests: { get } }, progress: silent, signal: new AbortController().signal };
  const route = { registry: "registry.k8s.io", mirrors: ["https://m.test/k8s"], authority: "/own.pem" };
  const answers = await askRegistries([route], session);
  expect(answers.map(({ registry, kind, address, verdict }) => [registry, kind, address, verdict])).toEqual([
    ["registry.k8s.io", "mirror", "https://m.test/v2/", "answers"],
    ["registry.k8s.io", "registry", "https://registry.k8s.io/v2/", "answers"],
    ["docker.io", "registry", "https://registry-1.docker.io/v2/", "answers"],
  ]);
  expect(asked.get("https://m.test/v2/")?.authorities).toHaveLength(2);
  expect(asked.get("https://m.test/v2/")?.headers).toEqual({ authorization: "Basic bWU6d29yZA==" });
  expect(asked.get("https://registry-1.docker.io/v2/")?.authorities).toHaveLength(1);
});
