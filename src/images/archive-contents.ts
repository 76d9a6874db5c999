import { createHash } from "node:crypto";
import { posix } from "node:path";
import type { Host } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { invalidArchive } from "./invalid-archive.ts";
import { ByteMeter, entryKind, quoteName, readTar, type ArchiveEntry } from "./tar-reader.ts";

/** A file of an archive. */
export interface ArchivedFile {
  /** Bytes. */
  readonly size: number;
  /** SHA-256 in lower-case hex. */
  readonly sha256: string;
  /** The whole content of what may be JSON, and the first bytes of anything else. */
  readonly start: Uint8Array;
}

/** All that has to be known of an archive to judge it. */
export interface ArchiveContents {
  readonly compression: "none" | "gzip";
  /** By path, normalised. */
  readonly files: ReadonlyMap<string, ArchivedFile>;
  /** Symbolic links: path to the path they name, both normalised and inside the archive. */
  readonly links: ReadonlyMap<string, string>;
  /** Bytes of the tar stream. */
  readonly size: number;
}

/** How much of an archive is looked at. */
export interface ArchiveLimits {
  /** Bytes of the tar stream, after decompression. Default: 32 GiB. */
  readonly size?: number;
}

const defaultSizeLimit = 32 * 2 ** 30;
/** Real archives have a few hundred entries; this bounds the memory that their names take. */
const entryLimit = 50_000;
const nameLimit = 4096;
/** Bytes of JSON that are kept: of one file (containerd itself stops at 20 MiB) and of all. */
const jsonFileLimit = 4 * 2 ** 20;
const jsonLimit = 24 * 2 ** 20;
/** Enough to tell what a layer is compressed with. */
const startLength = 8;

const knownCompressions = [
  { name: "zstd", magic: [0x28, 0xb5, 0x2f, 0xfd], tool: "zstd -d" },
  { name: "xz", magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a], tool: "xz -d" },
  { name: "bzip2", magic: [0x42, 0x5a, 0x68], tool: "bzip2 -d" },
] as const;

/** Whether bytes start like a gzip file (RFC 1952). */
export function isGzip(start: Uint8Array): boolean {
  return start[0] === 0x1f && start[1] === 0x8b;
}

/** Whether bytes start like a zstd frame (RFC 8878). */
export function isZstd(start: Uint8Array): boolean {
  return knownCompressions[0].magic.every((byte, at) => start[at] === byte);
}

/**
 * Reads a tar archive once, plain or gzip, and hashes every file in it. Memory
 * is bounded whatever the archive says of itself.
 *
 * @throws SandkubeError (usage) where it is not a tar, ends early, is larger than the limit, or holds an entry that
 *   an image archive has no use for: a path or link that leaves it, a device, a name twice
 */
export async function readArchive(
  path: string,
  host: Host,
  signal: AbortSignal,
  limits: ArchiveLimits = {},
): Promise<ArchiveContents> {
  const compression = await detectCompression(path, host);
  const refuse = (because: string, cause?: unknown): SandkubeError => invalidArchive(path, because, cause);
  const unreadable = (message: string, cause: unknown): SandkubeError =>
    new SandkubeError({
      title: "The image archive cannot be read",
      message: `${path}: ${message}`,
      exit: "storage",
      cause,
    });
  const meter = new ByteMeter(limits.size ?? defaultSizeLimit, refuse);
  const reader = new EntryReader(path);
  await readTar(host.files.openRead(path), { compression, meter, signal, refuse, unreadable }, (entries) =>
    reader.readAll(entries),
  );
  return { compression, files: reader.files, links: reader.links, size: meter.bytes };
}

/**
 * What the whole archive is compressed with.
 *
 * @throws SandkubeError (usage) where it is nothing that can be read here; (notFound) where there is no such file
 */
export async function detectCompression(path: string, host: Host): Promise<"none" | "gzip"> {
  const status = await host.files.status(path);
  if (status === undefined) {
    throw new SandkubeError({ title: "No such image archive", message: `${path} is not there.`, exit: "notFound" });
  }
  if (status.kind !== "file") throw invalidArchive(path, `is a ${status.kind} and not a file`);
  if (status.size === 0) throw invalidArchive(path, "is empty");
  const chunks: Uint8Array[] = [];
  for await (const chunk of host.files.openRead(path, { start: 0, end: 15 })) chunks.push(chunk as Uint8Array);
  const start = chunks[0] ?? new Uint8Array();
  if (isGzip(start)) return "gzip";
  const known = knownCompressions.find(({ magic }) => magic.every((byte, at) => start[at] === byte));
  if (known !== undefined) {
    throw invalidArchive(path, `is compressed with ${known.name}; decompress it first (${known.tool})`);
  }
  return "none";
}

class EntryReader {
  readonly files = new Map<string, ArchivedFile>();
  readonly links = new Map<string, string>();
  readonly #path: string;
  #entries = 0;
  #json = 0;

  constructor(path: string) {
    this.#path = path;
  }

  async readAll(entries: AsyncIterable<ArchiveEntry>): Promise<void> {
    for await (const entry of entries) {
      const { header } = entry;
      this.#entries += 1;
      if (this.#entries > entryLimit) throw this.#refuse(`holds more than ${String(entryLimit)} entries`);
      const name = this.#inside(header.name, header.name);
      // tar-stream would skip such a body and containerd's reader (Go's archive/tar) would not: they would see two archives.
      if (header.type !== "file" && header.size !== 0) throw this.#refuse(`is damaged: ${quoteName(name)} has a body`);
      switch (header.type) {
        case "file":
          this.#add(this.files, name, await this.#readFile(entry, header.size));
          break;
        case "symlink":
          this.#add(this.links, name, this.#insideLink(name, posix.dirname(name), header.linkname));
          break;
        case "link":
          // containerd ignores hard links, so one that matters is missed as a missing blob later.
          this.#insideLink(name, "", header.linkname);
          break;
        case "directory":
          break;
        default:
          throw this.#refuse(`holds ${quoteName(header.name)}, which is ${entryKind(header.type)}`);
      }
      entry.resume();
    }
  }

  #add<T>(to: Map<string, T>, name: string, value: T): void {
    if (this.files.has(name) || this.links.has(name)) throw this.#refuse(`holds ${quoteName(name)} twice`);
    to.set(name, value);
  }

  /** A path inside the archive, normalised as containerd does it (path.Clean). */
  #inside(path: string, what: string): string {
    const normal = posix.normalize(path).replace(/(.)\/$/, "$1");
    const leaves = normal.startsWith("/") || normal === ".." || normal.startsWith("../");
    if (leaves || path.length > nameLimit || /\p{Cc}/u.test(path)) {
      throw this.#refuse(`holds ${quoteName(what)}, which leaves the archive or is no proper path`);
    }
    return normal;
  }

  /** tar-stream says null where a link names nothing. */
  #insideLink(name: string, directory: string, target: string | null): string {
    const path = target?.startsWith("/") === true ? target : posix.join(directory, target ?? "");
    return this.#inside(path, `${name} -> ${target ?? ""}`);
  }

  async #readFile(body: AsyncIterable<unknown>, size: number): Promise<ArchivedFile> {
    const hash = createHash("sha256");
    const kept: Uint8Array[] = [];
    let length = 0;
    let json = false;
    for await (const part of body) {
      const chunk = part as Uint8Array;
      hash.update(chunk);
      if (length === 0) {
        json = (chunk[0] === 0x7b || chunk[0] === 0x5b) && size <= jsonFileLimit;
        if (json) this.#json += size;
        if (this.#json > jsonLimit) throw this.#refuse(`holds more than ${String(jsonLimit)} bytes of JSON`);
      }
      if (json) kept.push(chunk);
      else if (length < startLength) kept.push(chunk.slice(0, startLength - length));
      length += chunk.byteLength;
    }
    return { size: length, sha256: hash.digest("hex"), start: Buffer.concat(kept) };
  }

  #refuse(because: string): SandkubeError {
    return invalidArchive(this.#path, because);
  }
}
