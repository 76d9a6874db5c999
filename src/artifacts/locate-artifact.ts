import { join } from "node:path";
import type { Artifact, ArtifactContext } from "../contract/artifact.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { artifactDirectory } from "./cache-directory.ts";
import { inspectEntry, type CacheEntry } from "./cache-entry.ts";
import { catalogue } from "./catalogue.ts";
import { digestOf, readRecipe, type Recipe } from "./recipe.ts";
import { readToolchain, type Toolchain } from "./toolchain.ts";

/** An artifact, what makes it, and what the cache holds of it. */
export interface LocatedArtifact {
  readonly recipe: Recipe;
  readonly toolchain: Toolchain;
  /** The name of the entry it has with this toolchain; undefined where nothing here can build it. */
  readonly entryName: string | undefined;
  readonly entry: CacheEntry;
}

/** Options of {@link locateArtifact}. */
export interface LocateOptions {
  /** Whether an entry may be made. Where not, one that another toolchain built from the same sources is as good. */
  readonly writable: boolean;
  /** Checks the content in any case, not only where it was touched. */
  readonly hash?: boolean;
}

/**
 * Looks an artifact up in the cache; builds and changes nothing but a manifest's check. What this machine built itself comes
 * first, then what a bundle brought: that is of the same sources, whatever toolchain this machine has.
 */
export async function locateArtifact(
  artifact: Artifact,
  context: ArtifactContext,
  options: LocateOptions,
): Promise<LocatedArtifact> {
  const recipe = await readRecipe(artifact, context.host);
  const toolchain = await readToolchain(recipe, context);
  const directory = artifactDirectory(context.host.environment);
  const entryName = entryNameOf(recipe, toolchain);
  const inspect = (name: string): Promise<CacheEntry> =>
    inspectEntry(join(directory, name), artifact.name, context.host, options);
  const exact: CacheEntry = entryName === undefined ? { state: "missing" } : await inspect(entryName);
  if (exact.state === "ready") return { recipe, toolchain, entryName, entry: exact };
  const loaded = await inspect(loadedEntryName(recipe));
  if (loaded.state === "ready") return { recipe, toolchain, entryName, entry: loaded };
  if (exact.state !== "missing" || (entryName !== undefined && options.writable)) {
    return { recipe, toolchain, entryName, entry: exact };
  }
  const names = (await context.host.files.list(directory)) ?? [];
  const candidates = await Promise.all(names.filter((name) => name.startsWith(stemOf(recipe))).map(inspect));
  const newest = candidates
    .filter((entry) => entry.state === "ready")
    .sort((one, other) => other.manifest.madeAt.localeCompare(one.manifest.madeAt))
    .at(0);
  return { recipe, toolchain, entryName, entry: newest ?? candidates.at(0) ?? exact };
}

/** The name of an entry, which holds its key; undefined where the toolchain is. */
export function entryNameOf(recipe: Recipe, toolchain: Toolchain): string | undefined {
  return toolchain.ok ? `${stemOf(recipe)}${digestOf(toolchain.description).slice(0, 8)}` : undefined;
}

/** The name of the entry that a bundle brings: no toolchain of this machine has a part in it. */
export function loadedEntryName(recipe: Recipe): string {
  return `${stemOf(recipe)}bundle`;
}

/** What the names of all entries of the same sources begin with. */
function stemOf({ artifact, version, digest }: Recipe): string {
  return `${artifact.name}-${version.replaceAll(/[^\w.]+/g, "_")}-${digest.slice(0, 16)}-`;
}

/**
 * The artifact of a name.
 *
 * @throws SandkubeError (usage) that lists the names there are
 */
export function artifactOf(name: string, context: ArtifactContext): Artifact {
  const all = context.catalogue ?? catalogue;
  const found = all.find((artifact) => artifact.name === name);
  if (found !== undefined) return found;
  throw new SandkubeError({
    title: `There is no artifact named ${name}`,
    message: `The artifacts are ${all.map((artifact) => artifact.name).join(", ")}.`,
    exit: "usage",
  });
}
