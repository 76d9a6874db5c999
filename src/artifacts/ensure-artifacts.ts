import { join } from "node:path";
import type { ArtifactContext } from "../contract/artifact.ts";
import { step } from "../contract/progress.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { artifactDirectory, makeWritable } from "./cache-directory.ts";
import { artifactOf, entryNameOf, locateArtifact, type LocatedArtifact } from "./locate-artifact.ts";
import { makeEntry } from "./make-entry.ts";
import { ensureSystemPackages } from "./system-packages.ts";
import { readToolchain } from "./toolchain.ts";

/**
 * Makes sure that artifacts are in the cache, builds or fetches those that are
 * not, one after another, and returns the path of each binary by its name.
 *
 * @throws SandkubeError (usage) for an unknown name; (unsupported) where this machine lacks what a build needs;
 *   (artifact) where a build fails or the cache is read-only and lacks one; (storage, timeout)
 */
export async function ensureArtifacts(
  names: readonly string[],
  context: ArtifactContext,
): Promise<ReadonlyMap<string, string>> {
  const { host, progress, signal } = context;
  const artifacts = [...new Set(names)].map((name) => artifactOf(name, context));
  const directory = artifactDirectory(host.environment);
  const writable = await makeWritable(directory, host.files);
  const located = await Promise.all(artifacts.map((artifact) => locateArtifact(artifact, context, { writable })));
  const wanting = located.filter(({ entry }) => entry.state !== "ready");
  if (wanting.length > 0 && !writable) throw readOnly(directory, wanting);
  for (const { toolchain } of wanting) if (!toolchain.ok && toolchain.lacks === "go") throw toolchain.error;
  await ensureSystemPackages(wanting.flatMap(systemPackagesOf), context);
  const paths = new Map<string, string>();
  for (const { recipe, entry } of located) if (entry.state === "ready") paths.set(recipe.artifact.name, entry.path);
  for (const { recipe } of wanting) {
    signal.throwIfAborted();
    const { name, source } = recipe.artifact;
    // Once more: the C compiler may have come with the system packages.
    const toolchain = await readToolchain(recipe, context);
    if (!toolchain.ok) throw toolchain.error;
    const entry = join(directory, entryNameOf(recipe, toolchain) ?? name);
    const verb = source.kind === "debian" ? "fetch" : "build";
    const path = await step(progress, `${verb} ${name} ${recipe.version}`, (detail) =>
      makeEntry(recipe, entry, toolchain.description, context, detail),
    );
    paths.set(name, path);
  }
  return paths;
}

/**
 * The path of an artifact's binary, or undefined where the cache has none that
 * is whole. Builds nothing.
 *
 * @throws SandkubeError (usage) for an unknown name
 */
export async function findArtifact(name: string, context: ArtifactContext): Promise<string | undefined> {
  const writable = await context.host.files.isWritable(artifactDirectory(context.host.environment));
  const { entry } = await locateArtifact(artifactOf(name, context), context, { writable });
  return entry.state === "ready" ? entry.path : undefined;
}

function systemPackagesOf({ recipe }: LocatedArtifact): readonly string[] {
  const { source } = recipe.artifact;
  return source.kind === "debian" ? [] : (source.systemPackages ?? []);
}

function readOnly(directory: string, wanting: readonly LocatedArtifact[]): SandkubeError {
  const names = wanting.map(({ recipe }) => recipe.artifact.name);
  const states = wanting.map(({ recipe, entry }) => {
    const why = entry.state === "broken" ? entry.because : "it has no entry";
    return `${recipe.artifact.name} ${recipe.version}: ${why}`;
  });
  return new SandkubeError({
    title: `Missing in the read-only artifact cache: ${names.join(", ")}`,
    message: [`${directory} cannot be written to from here, and lacks:`, ...states].join("\n  "),
    hint: `Run "sandkube artifacts build ${names.join(" ")}" where that directory comes from.`,
    exit: "artifact",
  });
}
