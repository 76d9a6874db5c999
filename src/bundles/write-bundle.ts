import { createHash } from "node:crypto";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Host } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { tarOf, type TarEntry } from "../images/tar-writer.ts";
import { bundleManifestName, printManifest, type BundleManifest } from "./bundle-manifest.ts";
import { checkedBytes } from "./checked-bytes.ts";

/**
 * Of the levels of gzip, the one from which on a smaller file costs more than it is worth: of kine's 40.4 MB level 1 makes
 * 16.1 MB in 0.45 s, 4 makes 15.2 MB in 0.57 s, 6 makes 14.7 MB in 1.00 s. zstd would take 0.14 s for 15.6 MB, and Node has it
 * from 22.15 on.
 */
const compression = { level: 4, chunkSize: 64 * 1024 };

/** What was written. */
export interface WrittenBundle {
  /** Of the whole file. */
  readonly bytes: number;
  /** Of the whole file, in hex. */
  readonly sha256: string;
}

/**
 * Writes a bundle: a gzipped tar that begins with its manifest, so that a reader knows what has to come before it comes.
 *
 * @param sources the path on this machine of each member, by its path in the bundle
 * @throws SandkubeError (artifact) where a file is not what the manifest says; the file system's own errors
 */
export async function writeBundle(
  manifest: BundleManifest,
  sources: ReadonlyMap<string, string>,
  target: Writable,
  host: Host,
  signal: AbortSignal,
): Promise<WrittenBundle> {
  const entries: TarEntry[] = [
    entry(bundleManifestName, 0o644, printManifest(manifest)),
    ...manifest.members.map((member) => {
      const source = sources.get(member.path) ?? "";
      const open = (): AsyncIterable<Uint8Array> =>
        checkedBytes(host.files.openRead(source), member, () => changed(source));
      return entry(member.path, member.kind === "binary" ? 0o755 : 0o644, { size: member.size, open });
    }),
  ];
  const hash = createHash("sha256");
  let bytes = 0;
  await pipeline(
    tarOf(entries),
    createGzip(compression),
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.byteLength;
        yield chunk;
      }
    },
    target,
    // Standard output is not ours to end.
    { signal, end: target !== process.stdout },
  );
  return { bytes, sha256: hash.digest("hex") };
}

function entry(name: string, mode: number, body: NonNullable<TarEntry["body"]>): TarEntry {
  return { name, type: "file", mode, uid: 0, gid: 0, body };
}

function changed(path: string): SandkubeError {
  return new SandkubeError({
    title: "The bundle could not be made",
    message: `${path} is not any more what it was when it was checked.`,
    hint: "Look for another program that writes there, then try again: `sandkube artifacts list --verify` checks every binary.",
    exit: "artifact",
  });
}
