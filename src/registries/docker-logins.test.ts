import { describe, expect, it } from "vitest";
import { scriptedHost } from "../../test/fixtures/scripted-host.ts";
import { kubeletConfigJson, loginAt, parseDockerConfig, readDockerLogins } from "./docker-logins.ts";

const auth = (text: string): string => Buffer.from(text).toString("base64");
const parse = (config: unknown): ReturnType<typeof parseDockerConfig> =>
  parseDockerConfig(JSON.stringify(config), "/c.json");

describe("the docker config", () => {
  it("is read where DOCKER_CONFIG says, or else in the home; none is no login", async () => {
    const text = JSON.stringify({ auths: { "a.test": { auth: auth("me:word") } } });
    const named = scriptedHost({ environment: { DOCKER_CONFIG: "/d" }, files: { "/d/config.json": text } });
    const home = scriptedHost({ environment: { HOME: "/h" }, files: { "/h/.docker/config.json": text } });
    for (const host of [named, home]) expect((await readDockerLogins(host)).logins.size).toBe(1);
    expect(await readDockerLogins(scriptedHost({}))).toEqual({ logins: new Map(), notes: [] });
  });

  it("has users with their passwords, colons and all", () => {
    const { logins, notes } = parse({
      auths: {
        "a.test": { auth: auth("me:pass:word\0") },
        "b.test:5000": { username: "you", password: "other" },
      },
    });
    expect(Object.fromEntries(logins)).toEqual({
      "a.test": { username: "me", password: "pass:word" },
      "b.test:5000": { username: "you", password: "other" },
    });
    expect(notes).toEqual([]);
  });

  it.each([
    [
      { credHelpers: { "a.test": "ecr-login", "b.test": "ecr-login" } },
      "of a.test, b.test to docker-credential-ecr-login",
    ],
    [{ credsStore: "desktop", auths: { "a.test": {} } }, "of a.test to docker-credential-desktop"],
    [{ credsStore: "desktop" }, "leaves credentials to docker-credential-desktop"],
    [{ auths: { "a.test": { auth: auth("0000:"), identitytoken: "hidden" } } }, "has an identity token of a.test"],
    [{ auths: { "a.test": { auth: auth("hidden") } } }, "says of a.test is no user and password"],
    [{ auths: { "a.test": "hidden" } }, "says of a.test is no user and password"],
  ])("%j: what is not used is told, without a secret", (config, told) => {
    const { logins, notes } = parse(config);
    expect(logins.size).toBe(0);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain(told);
    expect(notes[0]).not.toContain("hidden");
  });

  it.each(["", "{", "[]", '"hidden"', "null"])("%j is no docker config, which is told", (text) => {
    const { logins, notes } = parseDockerConfig(text, "/c.json");
    expect(logins.size).toBe(0);
    expect(notes).toEqual(["/c.json is not JSON, so registries are asked without credentials."]);
  });

  it("has nothing to say where it has other things only", () => {
    expect(parse({ HttpHeaders: { a: "b" }, auths: { "a.test": {} } })).toEqual({ logins: new Map(), notes: [] });
  });
});

describe("loginAt", () => {
  const login = { username: "me", password: "word" };
  it.each([
    ["https://index.docker.io/v1/", "registry-1.docker.io", true],
    ["https://index.docker.io/v1/", "docker.io", true],
    ["docker.io", "registry-1.docker.io", true],
    ["https://a.test/v2/", "a.test", true],
    ["a.test/team", "a.test", false],
    ["a.test", "a.test:5000", false],
    ["a.test:5000", "a.test:5000", true],
  ])("%s is for %s: %s", (key, host, expected) => {
    expect(loginAt(host, { logins: new Map([[key, login]]) })).toEqual(expected ? login : undefined);
  });
});

describe("the kubelet's config.json", () => {
  it("has no login of a registry with mirrors, which would be shown to the mirrors", () => {
    const login = { username: "me", password: "word" };
    const logins = new Map(
      ["https://index.docker.io/v1/", "a.test/team", "b.test", "mirror.test"].map((key) => [key, login]),
    );
    const routes = [
      { registry: "docker.io", mirrors: ["https://mirror.test"] },
      { registry: "b.test", mirrors: [] },
    ];
    expect(JSON.parse(kubeletConfigJson({ logins }, routes))).toEqual({
      auths: Object.fromEntries(
        ["a.test/team", "b.test", "mirror.test"].map((key) => [key, { auth: auth("me:word") }]),
      ),
    });
    expect(kubeletConfigJson({ logins: new Map() }, [])).toBe('{"auths":{}}');
  });
});
