import { createHash } from "node:crypto";
import { basename, isAbsolute, join } from "node:path";
import { arch } from "node:process";
import type { Artifact, CSource, GoSource, NativeSource } from "../contract/artifact.ts";
import type { Files, Host } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { packageRoot } from "../host/package-root.ts";
import { goBuildArguments, goBuildEnvironment } from "./build-flags.ts";
import { parseGoModule, type GoModule } from "./go-module.ts";

/** Everything about an artifact that does not depend on the toolchain at hand. */
export interface Recipe {
  readonly artifact: Artifact;
  readonly version: string;
  /** The digest (SHA-256, hex) of all that goes in: sources, pinned modules, flags, architecture. */
  readonly digest: string;
  /** What go.mod says; undefined for what Go has no part in. */
  readonly goModule: GoModule | undefined;
}

/**
 * Reads what an artifact is made of.
 *
 * @throws SandkubeError (artifact) where the installation lacks its sources
 */
export async function readRecipe(artifact: Artifact, host: Host): Promise<Recipe> {
  const { source } = artifact;
  if (source.kind === "debian") {
    const { kind, version, sha256, path } = source;
    return { artifact, version, digest: digestOf({ kind, sha256, path }), goModule: undefined };
  }
  if (source.kind === "native") return readNativeRecipe(artifact, source, host.files);
  const folder = sourceFolder(source);
  const sources = await readSources(folder, host.files);
  const goModule = parseGoModule(sources.get("go.mod") ?? "");
  const version = await versionOf(source, goModule, host.files);
  const links = artifact.links ?? [];
  const ingredients =
    source.kind === "go"
      ? {
          flags: goBuildArguments(source, version),
          environment: goBuildEnvironment(source, arch),
          sources: [...sources],
        }
      : { arch, ...source, folder: "", pins: [sources.get("go.mod"), sources.get("go.sum")] };
  return { artifact, version, digest: digestOf({ kind: source.kind, links, ...ingredients }), goModule };
}

/**
 * The upstream version of an artifact; reads less than {@link readRecipe}.
 *
 * @throws SandkubeError (artifact) where the installation lacks its sources
 */
export async function readVersion({ source }: Artifact, { files }: Host): Promise<string> {
  if (source.kind === "debian") return source.version;
  if (source.kind === "native") return ownVersion(files);
  const folder = sourceFolder(source);
  const text = await files.readTextIfPresent(join(folder, "go.mod"));
  if (text === undefined) throw missingSources(join(folder, "go.mod"));
  return versionOf(source, parseGoModule(text), files);
}

/** The absolute path of the folder that pins an artifact's modules. */
export function sourceFolder(source: GoSource | CSource): string {
  return isAbsolute(source.folder) ? source.folder : join(packageRoot, "go", source.folder);
}

/** The text of each file that Go reads in a folder, by its path inside it; tests are not built. */
async function readSources(folder: string, files: Files): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const visit = async (inside: string): Promise<void> => {
    for (const name of (await files.list(join(folder, inside))) ?? []) {
      if (name.startsWith(".") || name === "testdata" || name.endsWith("_test.go")) continue;
      const path = join(inside, name);
      const status = await files.status(join(folder, path));
      if (status?.kind === "directory") await visit(path);
      else if (status?.kind === "file") found.set(path, await files.readText(join(folder, path)));
    }
  };
  await visit("");
  if (found.has("go.mod")) return found;
  throw missingSources(join(folder, "go.mod"));
}

function missingSources(path: string): SandkubeError {
  return new SandkubeError({
    title: "Sources are missing",
    message: `${path} is not there.`,
    hint: "Install sandkube again; its go/ and native/ folders are part of it.",
    exit: "artifact",
  });
}

async function versionOf(source: GoSource | CSource, goModule: GoModule, files: Files): Promise<string> {
  const module = source.kind === "go" ? source.versionOf : source.module;
  if (module === undefined) {
    return ownVersion(files);
  }
  const version = goModule.versions.get(module);
  if (version !== undefined) return version;
  throw new Error(`${source.folder}/go.mod does not require ${module}`);
}

/** What a C program of our own is made of; the version is sandkube's. */
async function readNativeRecipe(artifact: Artifact, source: NativeSource, files: Files): Promise<Recipe> {
  const sources: [string, string][] = [];
  for (const path of await nativeFiles(source, files, /\.[ch]$/)) {
    sources.push([basename(path), await files.readText(path)]);
  }
  const digest = digestOf({ kind: source.kind, arch, flags: source.flags, sources });
  return { artifact, version: await ownVersion(files), digest, goModule: undefined };
}

/**
 * The absolute paths of a C program's files, in order.
 *
 * @throws SandkubeError (artifact) where the installation lacks them
 */
export async function nativeFiles({ folder }: NativeSource, files: Files, pattern: RegExp): Promise<readonly string[]> {
  const directory = isAbsolute(folder) ? folder : join(packageRoot, "native", folder);
  const names = ((await files.list(directory)) ?? []).filter((name) => pattern.test(name)).sort();
  if (names.length === 0) throw missingSources(join(directory, "main.c"));
  return names.map((name) => join(directory, name));
}

async function ownVersion(files: Files): Promise<string> {
  const own = JSON.parse(await files.readText(join(packageRoot, "package.json"))) as { readonly version: string };
  return own.version;
}

/** The SHA-256 (hex) of a value's JSON. */
export function digestOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
