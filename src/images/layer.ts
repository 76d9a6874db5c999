import { createHash } from "node:crypto";
import { posix } from "node:path";
import type { Readable } from "node:stream";
import type { Files } from "../contract/host.ts";
import { tarOf, type TarEntry } from "./tar-writer.ts";

/** Who owns an entry of an image. Default: root. */
interface Owned {
  readonly uid?: number;
  readonly gid?: number;
}

/** One entry of an image's filesystem. Paths are relative to its root: `bin/sh`. */
export type LayerEntry = Owned & { readonly path: string } & (
    | { readonly kind: "directory"; readonly mode?: number }
    /** `content` is the text, the bytes, or where on this machine the file is. Default mode 0644. */
    | {
        readonly kind: "file";
        readonly mode?: number;
        readonly content: string | Uint8Array | { readonly source: string };
      }
    /** A symbolic link; the target is taken as it is. */
    | { readonly kind: "symbolic-link"; readonly target: string }
    /** A second name of a file of the same layer. */
    | { readonly kind: "hard-link"; readonly target: string }
  );

/** A layer: an uncompressed tar, told by its digest, that can be read any number of times. */
export interface Layer {
  /** `sha256:...` of the tar. It is the layer's digest and its diff id, because nothing is compressed. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  open(): Readable;
}

/**
 * Makes a layer. Missing parents are added (root, 0755) and the entries are
 * sorted, so the digest depends on the content alone.
 *
 * Layers are not compressed: the archive never leaves this machine, and containerd 2.2 imports busybox as fast either
 * way (medians of 9 on ext4: plain 433 ms, gzip 421 ms; the spread is larger than the difference).
 *
 * @throws Error where two entries have the same path or a path leaves the image: a bug of the caller
 */
export async function makeLayer(files: Files, entries: readonly LayerEntry[]): Promise<Layer> {
  const ordered = inOrder(entries);
  const tarEntries: TarEntry[] = [];
  for (const entry of ordered) tarEntries.push(await toTarEntry(files, entry));
  const open = (): Readable => tarOf(tarEntries);
  // Read twice, once for the digest and once into the archive, so that a large layer needs no memory and no temporary copy.
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of open() as AsyncIterable<Uint8Array>) {
    hash.update(chunk);
    size += chunk.byteLength;
  }
  return { digest: `sha256:${hash.digest("hex")}`, size, open };
}

function inOrder(entries: readonly LayerEntry[]): readonly LayerEntry[] {
  const byPath = new Map<string, LayerEntry>();
  for (const entry of entries) {
    if (!isPlainPath(entry.path)) throw new Error(`not a path in an image: ${JSON.stringify(entry.path)}`);
    if (byPath.has(entry.path)) throw new Error(`two entries of the image are called ${entry.path}`);
    byPath.set(entry.path, entry);
  }
  for (const { path } of entries) {
    for (let parent = posix.dirname(path); parent !== "."; parent = posix.dirname(parent)) {
      if (!byPath.has(parent)) byPath.set(parent, { kind: "directory", path: parent });
    }
  }
  const sorted = [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  // A hard link has to come after what it names.
  const isHardLink = (entry: LayerEntry): boolean => entry.kind === "hard-link";
  return [...sorted.filter((entry) => !isHardLink(entry)), ...sorted.filter(isHardLink)];
}

function isPlainPath(path: string): boolean {
  return (
    path !== "" && path !== "." && !path.startsWith("/") && posix.normalize(path) === path && !/^\.\.|\/$|\0/.test(path)
  );
}

async function toTarEntry(files: Files, entry: LayerEntry): Promise<TarEntry> {
  const owner = { name: entry.path, uid: entry.uid ?? 0, gid: entry.gid ?? 0 };
  switch (entry.kind) {
    case "directory":
      return { ...owner, type: "directory", name: `${entry.path}/`, mode: entry.mode ?? 0o755 };
    case "symbolic-link":
      return { ...owner, type: "symlink", mode: 0o777, linkTarget: entry.target };
    case "hard-link":
      return { ...owner, type: "link", mode: 0o644, linkTarget: entry.target };
    case "file":
      return { ...owner, type: "file", mode: entry.mode ?? 0o644, body: await bodyOf(files, entry.content) };
  }
}

async function bodyOf(
  files: Files,
  content: string | Uint8Array | { readonly source: string },
): Promise<NonNullable<TarEntry["body"]>> {
  if (typeof content === "string") return new TextEncoder().encode(content);
  if (content instanceof Uint8Array) return content;
  const { source } = content;
  const status = await files.status(source);
  if (status?.kind !== "file") throw new Error(`${source} is not a file`);
  return { size: status.size, open: () => files.openRead(source) as AsyncIterable<Uint8Array> };
}
