import { join } from "node:path";
import type { ArtifactContext } from "../contract/artifact.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { artifactDirectory, makeWritable } from "./cache-directory.ts";
import { catalogue } from "./catalogue.ts";
import { tryLockEntry } from "./entry-lock.ts";
import { isLoadedImages } from "./loaded-images.ts";
import { entryNameOf, loadedEntryName } from "./locate-artifact.ts";
import { temporarySuffix } from "./make-entry.ts";
import { readRecipe } from "./recipe.ts";
import { readToolchain } from "./toolchain.ts";

/** What {@link cleanArtifacts} did, by the names of the entries. */
export interface CleanedArtifacts {
  readonly removed: readonly string[];
  /** Entries that stay: what `up` would use now, is being built, or runs. */
  readonly kept: readonly { readonly name: string; readonly because: string }[];
  /** Bytes. */
  readonly freed: number;
}

/**
 * Removes entries of the cache, and what builds that were cut off left there.
 * What is being built or runs on this machine stays.
 *
 * @param options.unusedOnly keeps what the catalogue names now
 * @throws SandkubeError (storage) where the cache is read-only
 */
export async function cleanArtifacts(
  context: ArtifactContext,
  options: { readonly unusedOnly: boolean },
): Promise<CleanedArtifacts> {
  const { host, signal } = context;
  const directory = artifactDirectory(host.environment);
  if (!(await makeWritable(directory, host.files))) throw readOnly(directory);
  const current = options.unusedOnly ? await currentEntries(context) : new Set<string>();
  const programs = await runningPrograms(context);
  const removed: string[] = [];
  const kept: { name: string; because: string }[] = [];
  let freed = 0;
  for (const name of (await host.files.list(directory)) ?? []) {
    signal.throwIfAborted();
    const path = join(directory, name);
    // An unfinished entry has the lock of the entry it was to become.
    const entry = name.endsWith(temporarySuffix) ? name.replace(/\.[0-9a-f]+\.tmp$/, "") : name;
    const running = programs.find((program) => program.startsWith(`${path}/`));
    if (options.unusedOnly && isLoadedImages(name)) kept.push({ name, because: "a bundle brought it for `up`" });
    else if (current.has(name)) kept.push({ name, because: "it is in use by this version of sandkube" });
    else if (running !== undefined) kept.push({ name, because: `${running} is running` });
    else {
      await using lock = await tryLockEntry(join(directory, entry), context);
      if (lock === undefined) {
        kept.push({ name, because: "it is being built" });
        continue;
      }
      freed += await sizeOf(path, context);
      await host.files.remove(path);
      removed.push(name);
    }
  }
  return { removed, kept, freed };
}

/** The names of the entries that the catalogue leads to now, of this machine's and of bundles'. */
async function currentEntries(context: ArtifactContext): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const artifact of context.catalogue ?? catalogue) {
    const recipe = await readRecipe(artifact, context.host);
    const toolchain = await readToolchain(recipe, context);
    // Without a toolchain, which entry is used cannot be told; then nothing may go.
    if (!toolchain.ok) throw toolchain.error;
    names.add(entryNameOf(recipe, toolchain) ?? "").add(loadedEntryName(recipe));
  }
  return names;
}

/**
 * The programs of all processes: as they were started, and as the kernel knows
 * them, for runsc starts itself again under another name ("runsc-sandbox").
 */
async function runningPrograms({ host }: ArtifactContext): Promise<readonly string[]> {
  const processes = await host.processes.list();
  const programs = await Promise.all(
    processes.map(async ({ pid }) => [
      (await host.processes.arguments(pid))?.[0],
      // It may have ended meanwhile, or be another user's.
      await host.files.readLink(`/proc/${String(pid)}/exe`).catch(() => undefined),
    ]),
  );
  return programs.flat().filter((program) => program !== undefined);
}

async function sizeOf(path: string, context: ArtifactContext): Promise<number> {
  const { files } = context.host;
  const status = await files.linkStatus(path);
  if (status?.kind !== "directory") return status?.size ?? 0;
  const names = (await files.list(path)) ?? [];
  const sizes = await Promise.all(names.map((name) => sizeOf(join(path, name), context)));
  return sizes.reduce((sum, size) => sum + size, 0);
}

function readOnly(directory: string): SandkubeError {
  return new SandkubeError({
    title: "The artifact cache cannot be cleaned from here",
    message: `${directory} is read-only.`,
    exit: "storage",
  });
}
