import { Readable } from "node:stream";
import { pack, type Pack } from "tar-stream";
import { feed } from "./feed.ts";

/** One entry of a tar stream. `size` goes with a body that is a stream. */
export interface TarEntry {
  readonly name: string;
  readonly type: "file" | "directory" | "symlink" | "link";
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly linkTarget?: string;
  readonly body?: Uint8Array | { readonly size: number; open(): AsyncIterable<Uint8Array> };
}

/** Every entry carries this time, so that the same content gives the same bytes. */
const epoch = new Date(0);

/** A tar stream of these entries, in this order. The bytes depend on nothing but the entries. */
export function tarOf(entries: Iterable<TarEntry>): Readable {
  const stream = pack();
  writeAll(stream, entries).catch((error: unknown) => {
    stream.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  // tar-stream's streams are streamx's; through its iterator it becomes Node's own.
  return Readable.from(stream, { objectMode: false });
}

async function writeAll(stream: Pack, entries: Iterable<TarEntry>): Promise<void> {
  for (const entry of entries) await writeOne(stream, entry);
  stream.finalize();
}

async function writeOne(stream: Pack, entry: TarEntry): Promise<void> {
  const { body } = entry;
  const header = {
    name: entry.name,
    type: entry.type,
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    mtime: epoch,
    ...(entry.linkTarget === undefined ? {} : { linkname: entry.linkTarget }),
  };
  await new Promise<void>((resolve, reject) => {
    const done = (error?: Error | null): void => {
      if (error) reject(error);
      else resolve();
    };
    if (body === undefined || body instanceof Uint8Array) {
      stream.entry(header, body ?? new Uint8Array(), done);
      return;
    }
    const sink = stream.entry({ ...header, size: body.size }, done);
    // A body that is longer or shorter than its entry says ends in "Size mismatch" from tar-stream.
    feed(body.open(), sink).catch((error: unknown) => {
      sink.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  });
}
