import { randomBytes } from "node:crypto";
import { basename, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { artifactDirectory, makeWritable } from "../artifacts/cache-directory.ts";
import { inspectEntry } from "../artifacts/cache-entry.ts";
import { withEntryLock } from "../artifacts/entry-lock.ts";
import { temporariesOf, temporarySuffix } from "../artifacts/make-entry.ts";
import { sealEntry, type EntryDescription } from "../artifacts/seal-entry.ts";
import type { ArtifactContext } from "../contract/artifact.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { inspectImageArchive } from "../images/image-archive.ts";
import { type BundleManifest, type BundleMember } from "./bundle-manifest.ts";
import { invalidBundle } from "./invalid-bundle.ts";
import { readBundle } from "./read-bundle.ts";

/** The entry of the cache that a member becomes. */
export interface EntryOfMember extends Omit<EntryDescription, "key" | "sha256"> {
  /** Its directory's name. */
  readonly entryName: string;
}

/** What became of a member. */
export interface StoredMember {
  readonly member: BundleMember;
  /** `present`: the cache had the same bytes already; `replaced`: it had others by that name. */
  readonly outcome: "loaded" | "present" | "replaced";
  /** The file's absolute path in the cache. */
  readonly path: string;
}

/** How a bundle's members become entries; throws where one is of no use to this sandkube. */
export type EntriesOf = (manifest: BundleManifest) => Promise<ReadonlyMap<BundleMember, EntryOfMember>>;

/** An entry that is whole but not in its place yet. */
interface StagedEntry {
  readonly member: BundleMember;
  readonly directory: string;
  readonly file: string;
  /** Undefined where what is in its place has the same content. */
  readonly staged: string | undefined;
}

/**
 * Reads a bundle into the cache. Everything is written beside its place and checked first, and put in place, one rename
 * an entry, when the whole bundle has been read: what is refused, or ends in the middle, leaves the cache as it was.
 *
 * @param name what messages call the bundle
 * @throws SandkubeError (artifact) for a bundle that is not as its manifest says, and what `entriesOf` throws; (storage) where
 *   the cache cannot be written to
 */
export async function storeBundle(
  source: Readable,
  name: string,
  entriesOf: EntriesOf,
  context: ArtifactContext,
  detail: (text: string) => void,
): Promise<{ readonly manifest: BundleManifest; readonly members: readonly StoredMember[] }> {
  const { host, signal } = context;
  const directory = artifactDirectory(host.environment);
  if (!(await makeWritable(directory, host.files))) throw readOnly(directory);
  // Only bundles make entries of these names, so one lock is enough, and no build waits for it.
  const lock = join(directory, "bundle");
  return withEntryLock(lock, context, detail, async () => {
    // Under the lock, what an ended process left is nobody's.
    for (const temporary of await temporariesOf(lock, context)) await host.files.remove(temporary);
    const staging = `${lock}.${randomBytes(4).toString("hex")}${temporarySuffix}`;
    const staged: StagedEntry[] = [];
    try {
      await host.files.makeDirectory(staging);
      let entries: Awaited<ReturnType<EntriesOf>> = new Map();
      const manifest = await readBundle(
        source,
        name,
        {
          begin: async (read) => {
            entries = await entriesOf(read);
          },
          member: async (member, bytes) => {
            detail(member.path);
            const entry = entries.get(member);
            if (entry === undefined) throw new Error(`${member.path} has no entry`);
            staged.push(await stage(member, entry, bytes, { staging, directory, name }, context));
          },
        },
        signal,
      );
      // After a power cut, a name must not stand for data that never reached the disk.
      const written = staged.flatMap((entry) => (entry.staged === undefined ? [] : [join(entry.staged, entry.file)]));
      if (written.length > 0) await host.commands.run(["sync", ...written], { acceptedExitCodes: "any", signal });
      return { manifest, members: await putInPlace(staged, staging, context) };
    } catch (error) {
      signal.throwIfAborted();
      throw explain(error, directory);
    } finally {
      await host.files.remove(staging).catch(() => undefined);
    }
  });
}

async function stage(
  member: BundleMember,
  entry: EntryOfMember,
  bytes: AsyncIterable<Uint8Array>,
  to: { readonly staging: string; readonly directory: string; readonly name: string },
  { host, signal }: ArtifactContext,
): Promise<StagedEntry> {
  const { entryName, ...description } = entry;
  const { files } = host;
  const directory = join(to.directory, entryName);
  const present = await inspectEntry(directory, entry.name, host);
  if (present.state === "ready" && present.manifest.sha256 === member.sha256) {
    for await (const _ of bytes); // what is not needed is checked nevertheless
    return { member, directory, file: entry.name, staged: undefined };
  }
  const staged = join(to.staging, entryName);
  const path = join(staged, entry.name);
  await files.makeDirectory(staged);
  await pipeline(bytes, files.openWrite(path, { mode: 0o644 }), { signal });
  if (member.kind === "binary") await files.setMode(path, 0o755);
  else await checkImages(member, path, to.name, { host, signal });
  await sealEntry(staged, { ...description, key: entryName, sha256: member.sha256 }, host);
  return { member, directory, file: entry.name, staged };
}

/** An archive that containerd could not be given is refused here, and not at the next `up`. */
async function checkImages(
  member: BundleMember,
  path: string,
  name: string,
  { host, signal }: Pick<ArtifactContext, "host" | "signal">,
): Promise<void> {
  try {
    const { images } = await inspectImageArchive(path, host, { signal });
    const found = images.flatMap(({ references }) => references);
    if (member.kind !== "binary" && found.join(" ") !== member.references.join(" ")) {
      throw invalidBundle(
        name,
        `is damaged: ${member.path} holds other images than its manifest says: ${found.join(", ")}`,
      );
    }
  } catch (error) {
    if (!(error instanceof SandkubeError) || error.exit !== "usage") throw error;
    const because = error.message.replace(path, "").replace(/\.$/, "").trim();
    throw invalidBundle(name, `holds ${member.path}, which is no image archive for this machine: it ${because}`, error);
  }
}

async function putInPlace(
  entries: readonly StagedEntry[],
  staging: string,
  { host: { files } }: ArtifactContext,
): Promise<readonly StoredMember[]> {
  const undo: (() => Promise<void>)[] = [];
  const members: StoredMember[] = [];
  try {
    for (const { member, directory, file, staged } of entries) {
      const path = join(directory, file);
      if (staged === undefined) {
        members.push({ member, outcome: "present", path });
        continue;
      }
      const wasThere = (await files.linkStatus(directory)) !== undefined;
      if (wasThere) {
        const old = join(staging, `${basename(directory)}.old`);
        await files.rename(directory, old);
        undo.unshift(() => files.rename(old, directory));
      }
      await files.rename(staged, directory);
      undo.unshift(() => files.rename(directory, staged));
      members.push({ member, outcome: wasThere ? "replaced" : "loaded", path });
    }
    return members;
  } catch (error) {
    for (const step of undo) await step();
    throw error;
  }
}

function readOnly(directory: string): SandkubeError {
  return new SandkubeError({
    title: "The bundle cannot be loaded here",
    message: `The cache ${directory} is read-only.`,
    hint: "Load it where that directory comes from, or set SANDKUBE_CACHE_DIR to a directory that can be written to, for `up` as well.",
    exit: "storage",
  });
}

/** Turns what the file system says into something to act on. */
function explain(error: unknown, directory: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof SandkubeError || !["ENOSPC", "EDQUOT", "EROFS", "EACCES", "EIO"].includes(code ?? ""))
    return error;
  return new SandkubeError({
    title: "The bundle could not be stored in the cache",
    message: `${directory}: ${error instanceof Error ? error.message : String(error)}. The cache is as it was.`,
    hint: "Free some space, or set SANDKUBE_CACHE_DIR to another directory.",
    exit: "storage",
    cause: error,
  });
}
