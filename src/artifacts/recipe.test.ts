import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Artifact, GoSource } from "../contract/artifact.ts";
import { localHost } from "../host/local-host.ts";
import { catalogue } from "./catalogue.ts";
import { readRecipe } from "./recipe.ts";

const host = localHost();
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sandkube-recipe-"));
  await writeFile(join(folder, "go.mod"), "module example.test/x\n\ngo 1.21\n\nrequire example.test/y v1.2.3\n");
  await writeFile(join(folder, "go.sum"), "example.test/y v1.2.3 h1:abc=\n");
  await writeFile(join(folder, "main.go"), "package main\n");
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

function program(change: Partial<GoSource> = {}): Artifact {
  const source: GoSource = { kind: "go", folder, package: ".", versionOf: "example.test/y", cgo: false };
  return { name: "program", source: { ...source, ...change } };
}

async function digest(change: Partial<GoSource> = {}): Promise<string> {
  return (await readRecipe(program(change), host)).digest;
}

describe("readRecipe", () => {
  it("takes the version from go.mod", async () => {
    expect((await readRecipe(program(), host)).version).toBe("v1.2.3");
  });

  it("says when go.mod lacks the module or is not there", async () => {
    await expect(readRecipe(program({ versionOf: "example.test/z" }), host)).rejects.toThrow(/does not require/);
    await expect(readRecipe(program({ folder: join(folder, "none") }), host)).rejects.toMatchObject({
      exit: "artifact",
    });
  });

  it("has the same digest for the same content", async () => {
    expect(await digest()).toBe(await digest());
  });

  it.each([
    ["tags", { tags: ["extra"] }],
    ["cgo", { cgo: true }],
    ["package", { package: "example.test/y" }],
    ["stamps", { stamps: () => ({ "main.version": "v2" }) }],
  ] satisfies [string, Partial<GoSource>][])("has another digest with other %s", async (_, change) => {
    expect(await digest(change)).not.toBe(await digest());
  });

  it.each(["go.mod", "go.sum", "main.go", "inner/more.go"])("has another digest when %s changes", async (name) => {
    const before = await digest();
    await mkdir(join(folder, "inner"), { recursive: true });
    await writeFile(join(folder, name), "module example.test/x\nrequire example.test/y v1.2.3\n// changed\n");
    expect(await digest()).not.toBe(before);
  });

  it("has the same digest when only a test changes", async () => {
    const before = await digest();
    await writeFile(join(folder, "main_test.go"), "package main\n");
    expect(await digest()).toBe(before);
  });
});

describe("the catalogue", () => {
  it("has a name once, and a version for each", async () => {
    const names = catalogue.flatMap(({ name, links }) => [name, ...(links ?? [])]);
    expect(new Set(names).size).toBe(names.length);
    const recipes = await Promise.all(catalogue.map((artifact) => readRecipe(artifact, host)));
    for (const { version } of recipes) expect(version).toMatch(/^v?\d/);
    expect(new Set(recipes.map((recipe) => recipe.digest)).size).toBe(recipes.length);
  });

  it("stamps the version that Kubernetes shows", () => {
    const source = catalogue.find(({ name }) => name === "kubernetes")?.source;
    const stamps = source?.kind === "go" ? source.stamps?.("v1.36.3") : undefined;
    expect(stamps).toEqual({
      "k8s.io/component-base/version.gitVersion": "v1.36.3",
      "k8s.io/component-base/version.gitMajor": "1",
      "k8s.io/component-base/version.gitMinor": "36",
    });
  });
});
