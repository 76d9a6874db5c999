import { describe, expect, it } from "vitest";
import { scriptedHost } from "../../test/fixtures/scripted-host.ts";
import { CertificateAuthority } from "../pki/certificate-authority.ts";
import { credentialNotes, registryRoutes } from "./registries.ts";

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
