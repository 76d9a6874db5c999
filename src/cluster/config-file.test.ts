import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { localHost } from "../host/local-host.ts";
import { parseConfig, readConfig } from "./config-file.ts";

const host = localHost();
let directory = "";
let path = "";

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "sandkube-config-"));
  path = join(directory, "cluster.yaml");
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** The error of a config file's text. */
function errorOf(text: string): SandkubeError {
  try {
    parseConfig(text, "c.yaml");
  } catch (error) {
    if (error instanceof SandkubeError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

describe("parseConfig", () => {
  it("reads every key", () => {
    const text = `
apiVersion: sandkube.dev/v1
kind: Cluster
name: one
mode: control-plane
stateDirectory: /var/lib/x
timeout: 90
api: {address: 127.0.0.1, port: 7443, subjectAltNames: [api.test]}
network: {podCidr: 10.1.0.0/24, serviceCidr: 10.2.0.0/16, podProxy: true}
registries:
  registry.k8s.io: {mirrors: ["https://mirror.test/k8s"], authority: /ca.pem}
  registry.test:5000: {plainHttp: true}
addons: [metrics-server]
images: [a.tar]
`;
    expect(parseConfig(text, "c.yaml")).toEqual({
      apiVersion: "sandkube.dev/v1",
      kind: "Cluster",
      name: "one",
      mode: "control-plane",
      stateDirectory: "/var/lib/x",
      timeout: 90,
      api: { address: "127.0.0.1", port: 7443, subjectAltNames: ["api.test"] },
      network: { podCidr: "10.1.0.0/24", serviceCidr: "10.2.0.0/16", podProxy: true },
      registries: {
        "registry.k8s.io": { mirrors: ["https://mirror.test/k8s"], authority: "/ca.pem" },
        "registry.test:5000": { plainHttp: true },
      },
      addons: ["metrics-server"],
      images: ["a.tar"],
    });
  });

  it.each([[""], ["# only a comment\n"], ["---\n"], ["{}"]])("takes an empty file as no wishes: %j", (text) => {
    expect(parseConfig(text, "c.yaml")).toEqual({});
  });

  it("names the line of an unknown key, and the key that was meant", () => {
    const error = errorOf("# a comment\nname: one\n\ntimout: 30\n");
    expect(error.message).toBe('c.yaml:4: Unknown key "timout".');
    expect(error.hint).toBe('Did you mean "timeout"?');
    expect(error.exit).toBe("usage");
  });

  it("does so below another key, and names the whole path", () => {
    const error = errorOf("name: one\napi:\n  # where\n  addres: 127.0.0.1\n");
    expect(error.message).toBe('c.yaml:4: Unknown key "api.addres".');
    expect(error.hint).toBe('Did you mean "address"?');
  });

  it.each([
    ["registry.k8s.io: {miror: []}", 'Unknown key "registries.registry.k8s.io.miror".', 'Did you mean "mirrors"?'],
    ["https://registry.k8s.io: {}", "a registry as names of images begin with it", undefined],
    ["registry.test/team: {}", "a registry as names of images begin with it", undefined],
    ["a.test: {mirrors: [mirror.test]}", "registries.a.test.mirrors.0: the address of a mirror", undefined],
    ["a.test: {mirrors: ['https://me:word@mirror.test']}", "without a user", undefined],
    ["a.test: {mirrors: ['https://mirror.test/?x']}", "without a user, a query", undefined],
    ["a.test: {authority: ca.pem}", "registries.a.test.authority: an absolute path", undefined],
    ["a.test: {plainHttp: sometimes}", "registries.a.test.plainHttp", undefined],
  ])("says what is wrong with the registry %s, and where", (text, message, hint) => {
    const error = errorOf(`name: one\nregistries:\n  ${text}\n`);
    expect(error.message).toContain("c.yaml:3: ");
    expect(error.message).toContain(message);
    expect(error.message).not.toContain("word");
    expect(error.hint).toBe(hint);
  });

  it("lists the known keys of that place where none is close", () => {
    const error = errorOf("network:\n  frobnicate: 1\n");
    expect(error.message).toContain('c.yaml:2: Unknown key "network.frobnicate".');
    expect(error.hint).toBe("Known keys here: podCidr, serviceCidr, podProxy");
    expect(errorOf("zzzzzzzz: 1\n").hint).toContain("mode, avoidRemedies, stateDirectory, timeout");
  });

  it.each([
    ["name: [one]\n", "c.yaml:1: name: "],
    ["name: One_Two\n", "c.yaml:1: name: lower-case letters"],
    ["\ntimeout: soon\n", "c.yaml:2: timeout: "],
    ["timeout: -1\n", "c.yaml:1: timeout: "],
    ["api:\n  port: 70000\n", "c.yaml:2: api.port: "],
    ["api:\n  port: '6443'\n", "c.yaml:2: api.port: "],
    ["api:\n  address: localhost\n", "c.yaml:2: api.address: "],
    ["network:\n\n  podCidr: 10.0.0.0\n", "c.yaml:3: network.podCidr: "],
    ["network:\n  podProxy: 7\n", "c.yaml:2: network.podProxy: true, false, or the address of a proxy"],
    ["network: {podProxy: ''}\n", "c.yaml:1: network.podProxy: true, false, or the address of a proxy"],
    ["mode: cluster\n", "c.yaml:1: mode: "],
    ["stateDirectory: relative/path\n", "c.yaml:1: stateDirectory: an absolute path"],
    ["images:\n  - a.tar\n  - 7\n", "c.yaml:1: images.1: "],
    ["apiVersion: sandkube.dev/v2\n", "c.yaml:1: apiVersion: "],
    ["api:\n", "c.yaml:1: api: "],
  ])("names line and key of a wrong value: %j", (text, message) => {
    const error = errorOf(text);
    expect(error.message.slice(0, message.length)).toBe(message);
    expect(error.exit).toBe("usage");
  });

  it.each([
    ["name: one\n  port: 1\n", 1],
    ["name: 'one\n", 1],
    ["name: one\nname: two\n", 2],
    ["a: [1, 2\n", 1],
  ])("names the line of what is not YAML: %j", (text, line) => {
    const error = errorOf(text);
    expect(error.message).toMatch(new RegExp(`^c\\.yaml:(${String(line)}|${String(line + 1)}): `));
    expect(error.message).not.toContain("\n");
  });

  it.each([["just a sentence"], ["- a\n- list\n"], ["name: *nowhere\n"], ["a: 1\n---\nb: 2\n"], ["\u0000"]])(
    "is a usage error, never a bug: %j",
    (text) => {
      expect(errorOf(text)).toMatchObject({ title: "The config file is not valid", exit: "usage" });
    },
  );
});

describe("readConfig", () => {
  it("lets flags win over the file, key by key", async () => {
    await writeFile(path, "name: file\ntimeout: 10\napi:\n  port: 1000\n  address: 127.0.0.1\nimages: [file.tar]\n");
    const config = await readConfig(
      path,
      { name: "flag", timeout: undefined, api: { port: 2000, address: undefined }, images: ["flag.tar"] },
      host,
    );
    expect(config).toEqual({
      name: "flag",
      timeout: 10,
      api: { port: 2000, address: "127.0.0.1" },
      images: ["flag.tar"],
    });
  });

  it("takes one key of a part from the flags and leaves the others", async () => {
    await writeFile(path, "network: {podCidr: 10.1.0.0/24, podProxy: 'http://proxy:1'}\n");
    const flagged = await readConfig(path, { network: { podProxy: true } }, host);
    expect(flagged.network).toEqual({ podCidr: "10.1.0.0/24", podProxy: true });
    const unflagged = await readConfig(path, { network: { podProxy: undefined } }, host);
    expect(unflagged.network?.podProxy).toBe("http://proxy:1");
  });

  it("is what the flags say where there is no file", async () => {
    expect(await readConfig(undefined, { mode: "control-plane", api: {} }, host)).toMatchObject({
      mode: "control-plane",
    });
  });

  it("refuses a flag as it refuses a setting", async () => {
    await expect(readConfig(undefined, { name: "Not_A_Name" }, host)).rejects.toMatchObject({
      exit: "usage",
      message: expect.stringContaining("name: lower-case letters") as string,
    });
  });

  it("does not let a right flag hide a wrong file", async () => {
    await writeFile(path, "timeout: soon\n");
    await expect(readConfig(path, { timeout: 5 }, host)).rejects.toMatchObject({ exit: "usage" });
  });

  it("says that a file is not there, or is none", async () => {
    await expect(readConfig(join(directory, "absent.yaml"), {}, host)).rejects.toMatchObject({
      exit: "usage",
      message: expect.stringContaining("absent.yaml") as string,
    });
    await expect(readConfig(directory, {}, host)).rejects.toMatchObject({ exit: "usage" });
  });
});
