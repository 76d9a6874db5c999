import { randomBytes } from "node:crypto";
import { basename, dirname, join } from "node:path";
import type { ArtifactContext } from "../contract/artifact.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { buildC, buildGo, buildNative, type BuildOutput } from "./build-program.ts";
import { inspectEntry } from "./cache-entry.ts";
import { fetchDebian } from "./debian-package.ts";
import { withEntryLock } from "./entry-lock.ts";
import type { Recipe } from "./recipe.ts";
import { sealEntry } from "./seal-entry.ts";

/** What ends the name of an entry that is being made, or never was finished. */
export const temporarySuffix = ".tmp";

/**
 * Makes an entry of the cache and returns the binary's path. One process makes
 * it; any other waits and uses the result.
 *
 * @param builtWith the toolchain's description
 * @throws SandkubeError (artifact, storage, timeout, unsupported)
 */
export async function makeEntry(
  recipe: Recipe,
  directory: string,
  builtWith: string,
  context: ArtifactContext,
  detail: (text: string) => void,
): Promise<string> {
  return withEntryLock(directory, context, detail, () => makeUnderLock(recipe, directory, builtWith, context, detail));
}

async function makeUnderLock(
  recipe: Recipe,
  directory: string,
  builtWith: string,
  context: ArtifactContext,
  detail: (text: string) => void,
): Promise<string> {
  const { files } = context.host;
  const { name } = recipe.artifact;
  const present = await inspectEntry(directory, name, context.host);
  if (present.state === "ready") return present.path;
  // Under the lock, what an ended process left is nobody's.
  for (const temporary of await temporariesOf(directory, context)) await files.remove(temporary);
  const temporary = `${directory}.${randomBytes(4).toString("hex")}${temporarySuffix}`;
  try {
    await files.makeDirectory(temporary);
    if (present.state === "broken") {
      context.progress({
        kind: "warning",
        text: `The cached ${name} is not usable (${present.because}); making it again.`,
      });
      await files.rename(directory, join(temporary, "broken"));
    }
    await fill(recipe, temporary, builtWith, context, detail);
    await files.remove(join(temporary, "broken"));
    await files.rename(temporary, directory);
  } catch (error) {
    // A compiler that outlives its cancelled build may still write there; the next build of the entry removes the rest.
    await files.remove(temporary).catch(() => undefined);
    throw explain(error, recipe);
  }
  return join(directory, name);
}

async function fill(
  recipe: Recipe,
  directory: string,
  builtWith: string,
  context: ArtifactContext,
  detail: (text: string) => void,
): Promise<void> {
  const { files, commands, clock } = context.host;
  const { name, links } = recipe.artifact;
  const output = { path: join(directory, name), scratch: join(directory, "scratch") };
  await produce(recipe, output, context, detail);
  await files.remove(output.scratch);
  await files.setMode(output.path, 0o755);
  // After a power cut, a name must not stand for data that never reached the disk.
  await commands.run(["sync", output.path], { acceptedExitCodes: "any", signal: context.signal });
  await sealEntry(
    directory,
    {
      name,
      version: recipe.version,
      key: basename(directory).replace(/\.[0-9a-f]+\.tmp$/, ""),
      builtWith,
      madeAt: new Date(clock.now()).toISOString(),
      sha256: await files.sha256(output.path),
      ...(links === undefined ? {} : { links }),
    },
    context.host,
  );
}

async function produce(
  recipe: Recipe,
  output: BuildOutput,
  context: ArtifactContext,
  detail: (text: string) => void,
): Promise<void> {
  const { source } = recipe.artifact;
  switch (source.kind) {
    case "go":
      return buildGo(recipe, source, output, context, detail);
    case "c":
      return buildC(recipe, source, output, context, detail);
    case "native":
      return buildNative(recipe, source, output, context, detail);
    case "debian":
      return fetchDebian(source, output, context, detail);
  }
}

/** The paths of an entry's unfinished directories. */
export async function temporariesOf(directory: string, { host }: ArtifactContext): Promise<readonly string[]> {
  const names = (await host.files.list(dirname(directory))) ?? [];
  return names
    .filter((name) => name.startsWith(`${basename(directory)}.`) && name.endsWith(temporarySuffix))
    .map((name) => join(dirname(directory), name));
}

/** Turns what the file system says into something to act on. */
function explain(error: unknown, recipe: Recipe): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof SandkubeError || !["ENOSPC", "EDQUOT", "EROFS", "EACCES", "EIO"].includes(code ?? ""))
    return error;
  return new SandkubeError({
    title: `${recipe.artifact.name} could not be stored in the cache`,
    message: error instanceof Error ? error.message : String(error),
    hint: "Free some space, or set SANDKUBE_CACHE_DIR to another directory.",
    exit: "storage",
    cause: error,
  });
}
