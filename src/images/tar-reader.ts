import { pipeline } from "node:stream/promises";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { extract, type ExtractEvents } from "tar-stream";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { feed } from "./feed.ts";

/** An entry of an archive that is being read: its header and its body. */
export type ArchiveEntry = ExtractEvents["entry"][1];

/** How a tar stream is read, and what is said of one that cannot be. */
export interface TarReading {
  readonly compression: "none" | "gzip";
  readonly meter: ByteMeter;
  readonly signal: AbortSignal;
  /** The stream is not as it should be: the end of a sentence that starts with its name. */
  readonly refuse: (because: string, cause?: unknown) => SandkubeError;
  /** The operating system does not give it. */
  readonly unreadable: (message: string, cause: unknown) => SandkubeError;
}

/** Bytes that a stream is asked of at once when it is decompressed; Node's own 16 KiB cost time. */
const chunkSize = 64 * 1024;

/**
 * Reads a tar stream once, plain or gzip, and gives its entries one after another.
 * Memory is bounded whatever the stream says of itself.
 *
 * @param read takes every entry's body or resumes it; what it throws ends the reading
 * @throws SandkubeError of `refuse` where it is not a tar, ends early or has more bytes than the meter allows
 */
export async function readTar(
  source: Readable,
  { compression, meter, signal, refuse, unreadable }: TarReading,
  read: (entries: AsyncIterable<ArchiveEntry>) => Promise<void>,
): Promise<void> {
  const archive = extract();
  let feedError: unknown;
  let entries = 0;
  const counted = async function* (): AsyncGenerator<ArchiveEntry> {
    for await (const entry of archive) {
      entries += 1;
      yield entry;
    }
  };
  const toArchive = async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
    try {
      await feed(meter.count(chunks), archive);
    } catch (error) {
      // The first error; what the pipeline reports after it may be no more than "aborted".
      feedError = error;
      throw error;
    }
  };
  const feeding = (
    compression === "gzip"
      ? pipeline(source, createGunzip({ chunkSize }), toArchive, { signal })
      : pipeline(source, toArchive, { signal })
  ).catch((error: unknown) => {
    archive.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  });
  const [fed, done] = await Promise.allSettled([feeding, read(counted())]);
  signal.throwIfAborted();
  const errors = [
    feedError,
    ...[done, fed].map((result): unknown => (result.status === "rejected" ? result.reason : undefined)),
  ];
  // A refusal of ours says more than the broken stream that follows from it.
  const error = errors.find((candidate) => candidate instanceof SandkubeError) ?? errors.find(Boolean);
  if (error !== undefined) throw explain(error, entries > 0, { refuse, unreadable });
}

/** Counts what passes and ends a stream that never does. */
export class ByteMeter {
  bytes = 0;
  /** How many bytes may pass. It may be set anew while they do. */
  limit: number;
  readonly #refuse: TarReading["refuse"];

  constructor(limit: number, refuse: TarReading["refuse"]) {
    this.limit = limit;
    this.#refuse = refuse;
  }

  async *count(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      this.bytes += chunk.byteLength;
      if (this.bytes > this.limit) {
        throw this.#refuse(`holds more than ${String(this.limit)} bytes, which is the limit`);
      }
      yield chunk;
    }
  }
}

/** What an entry is that is no file, for people. */
export function entryKind(type: string | null | undefined): string {
  switch (type) {
    case "symlink":
    case "link":
      return "a link";
    case "directory":
      return "a directory";
    case "character-device":
    case "block-device":
      return "a device file";
    case "fifo":
      return "a named pipe";
    default:
      return "no kind of entry that belongs there";
  }
}

/** A name of an archive as it is shown: it may be long, and may hold anything. */
export function quoteName(name: string): string {
  return JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}...` : name);
}

/** Errors of tar-stream (lib: extract.js, headers.js) and zlib, told in terms of the stream. */
function explain(
  error: unknown,
  sawEntries: boolean,
  { refuse, unreadable }: Pick<TarReading, "refuse" | "unreadable">,
): unknown {
  if (error instanceof SandkubeError) return error;
  const { message, code } = error as NodeJS.ErrnoException;
  if (message === "Unexpected end of data" || code === "Z_BUF_ERROR") {
    return refuse(sawEntries ? "is truncated: it ends in the middle" : "is not a tar archive", error);
  }
  if (message === "incorrect header check" && !sawEntries) return refuse("is not compressed with gzip", error);
  if (code?.startsWith("Z_") === true) return refuse(`is damaged: ${message}`, error);
  if (/^(Invalid tar header|Invalid header|Header exceeds)/.test(message)) {
    return refuse(sawEntries ? "is damaged: a header in it is not valid" : "is not a tar archive", error);
  }
  return code === undefined ? error : unreadable(message, error);
}
