import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { cacheDirectory, makeWritable } from "../artifacts/cache-directory.ts";
import { inspectEntry } from "../artifacts/cache-entry.ts";
import { withEntryLock } from "../artifacts/entry-lock.ts";
import { sealEntry } from "../artifacts/seal-entry.ts";
import type { ArtifactContext } from "../contract/artifact.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import type { BuiltImage } from "./build-image.ts";

/** Raised when buildImages or makeLayer writes other bytes for the same description. */
export const formatRevision = 1;

/** An archive that can be built again whenever it is needed. */
export interface ArchiveRequest {
  /** The file is called so, with `.tar`. */
  readonly name: string;
  /** The digest of all that goes in: the entry's identity. */
  readonly key: string;
  /** Writes the archive to this path. */
  build(path: string): Promise<readonly BuiltImage[]>;
}

/** An archive in the cache. */
export interface CachedArchive {
  readonly path: string;
  readonly references: readonly string[];
}

/**
 * The path of an archive: from `<cache>/images/<key>/<name>.tar` where it is
 * whole, built otherwise. It is built beside its place and renamed, so that
 * nobody sees half of one; of several that want the same one at once, the
 * first builds it and the others wait.
 *
 * @throws SandkubeError (storage) where the cache cannot be written to
 * @throws SandkubeError (timeout) where another process does not finish it
 */
export async function ensureArchive(request: ArchiveRequest, context: ArtifactContext): Promise<CachedArchive> {
  const { host } = context;
  const images = join(cacheDirectory(host.environment), "images");
  const directory = join(images, `${request.key}-${String(formatRevision)}`);
  const fileName = `${request.name}.tar`;
  const ready = await readyArchive(directory, fileName, context);
  if (ready !== undefined) return ready;
  context.signal.throwIfAborted();
  if (!(await makeWritable(images, host.files))) {
    throw new SandkubeError({
      title: `The image archive ${fileName} is not in the cache`,
      message: `${images} cannot be written to.`,
      hint: "Set SANDKUBE_CACHE_DIR to a directory that can be written to.",
      exit: "storage",
    });
  }
  const tell = (text: string): void => {
    context.progress({ kind: "note", text: `${fileName}: ${text}` });
  };
  return withEntryLock(directory, context, tell, async () => {
    const theirs = await readyArchive(directory, fileName, context);
    if (theirs !== undefined) return theirs;
    const beside = join(images, `.${request.key}.${randomBytes(4).toString("hex")}.tmp`);
    try {
      await host.files.makeDirectory(beside);
      await buildEntry(request, beside, fileName, context);
      await host.files.remove(directory);
      await host.files.rename(beside, directory);
    } finally {
      await host.files.remove(beside);
    }
    const built = await readyArchive(directory, fileName, context);
    if (built !== undefined) return built;
    throw new SandkubeError({
      title: `The image archive ${fileName} was damaged while it was built`,
      message: `${directory} is not what was written there a moment ago.`,
      hint: "Look for a full or failing disk, or for a program that cleans the cache directory.",
      exit: "storage",
    });
  });
}

async function readyArchive(
  directory: string,
  fileName: string,
  context: ArtifactContext,
): Promise<CachedArchive | undefined> {
  const entry = await inspectEntry(directory, fileName, context.host);
  if (entry.state === "ready") return { path: entry.path, references: entry.manifest.version.split(" ") };
  if (entry.state === "broken") {
    context.progress({ kind: "note", text: `Building ${fileName} again: ${entry.because}` });
  }
  return undefined;
}

async function buildEntry(
  request: ArchiveRequest,
  directory: string,
  fileName: string,
  context: ArtifactContext,
): Promise<void> {
  const { files, clock } = context.host;
  const path = join(directory, fileName);
  const images = await request.build(path);
  await sealEntry(
    directory,
    {
      name: fileName,
      version: images.flatMap((image) => image.references).join(" "),
      key: request.key,
      builtWith: "sandkube",
      madeAt: new Date(clock.now()).toISOString(),
      sha256: await files.sha256(path),
    },
    context.host,
  );
}
