import type { Readable } from "node:stream";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { ByteMeter, entryKind, quoteName, readTar, type ArchiveEntry } from "../images/tar-reader.ts";
import {
  bundleManifestName,
  manifestLimit,
  parseManifest,
  type BundleManifest,
  type BundleMember,
} from "./bundle-manifest.ts";
import { checkedBytes } from "./checked-bytes.ts";
import { invalidBundle } from "./invalid-bundle.ts";

/** Who is told of what a bundle holds, as it is read. */
export interface BundleVisitor {
  /** The manifest comes first. What this throws ends the reading. */
  begin(manifest: BundleManifest): Promise<void>;
  /** Takes all of the bytes. The last of them comes only where they are those that the manifest announced; otherwise reading them throws. */
  member(member: BundleMember, bytes: AsyncIterable<Uint8Array>): Promise<void>;
}

/** Bytes that a tar has beside the bodies: a header and padding for each entry, perhaps a long header, and blocks at the end. */
const overheadOfEntry = 4096;
const overheadAtEnd = 64 * 1024;

/**
 * Reads a bundle once, from its beginning, and checks it against its own manifest as it goes. Memory is bounded whatever the
 * bundle says of itself. Until this returns nothing of it is to be trusted.
 *
 * @param name what messages call it
 * @throws SandkubeError (artifact) where anything is not as the manifest says; (storage) where it cannot be read
 */
export async function readBundle(
  source: Readable,
  name: string,
  visitor: BundleVisitor,
  signal: AbortSignal,
): Promise<BundleManifest> {
  const refuse = (because: string, cause?: unknown): SandkubeError => invalidBundle(name, because, cause);
  const unreadable = (message: string, cause: unknown): SandkubeError =>
    new SandkubeError({ title: "The bundle cannot be read", message: `${name}: ${message}`, exit: "storage", cause });
  const meter = new ByteMeter(manifestLimit + overheadAtEnd, refuse);
  let manifest: BundleManifest | undefined;
  await readTar(source, { compression: "gzip", meter, signal, refuse, unreadable }, async (entries) => {
    let at = 0;
    for await (const entry of entries) {
      const { header } = entry;
      if (header.type !== "file") throw refuse(`holds ${quoteName(header.name)}, which is ${entryKind(header.type)}`);
      if (manifest === undefined) {
        manifest = await readManifest(entry, refuse);
        const bodies = manifest.members.reduce((sum, { size }) => sum + size, 0);
        meter.limit += bodies + manifest.members.length * overheadOfEntry;
        await visitor.begin(manifest);
        continue;
      }
      const member = manifest.members[at];
      if (member?.path !== header.name) {
        const known = manifest.members.some(({ path }) => path === header.name);
        const because = known ? "which does not belong there" : `which is not in its ${bundleManifestName}`;
        throw refuse(`holds ${quoteName(header.name)}, ${because}`);
      }
      if (header.size !== member.size) {
        throw refuse(`is damaged: ${member.path} has ${String(header.size)} bytes, and not ${String(member.size)}`);
      }
      await visitor.member(
        member,
        checkedBytes(entry, member, (sha256) => refuse(`is damaged: ${member.path} has the SHA-256 ${sha256}`)),
      );
      at += 1;
    }
    const missing = manifest?.members[at];
    if (missing !== undefined) throw refuse(`is incomplete: ${missing.path} is missing`);
  });
  if (manifest === undefined) throw refuse("is empty");
  return manifest;
}

async function readManifest(entry: ArchiveEntry, refuse: (because: string) => SandkubeError): Promise<BundleManifest> {
  const { name, size } = entry.header;
  if (name !== bundleManifestName) {
    throw refuse(`is no bundle: it begins with ${quoteName(name)}, and not with ${bundleManifestName}`);
  }
  if (size > manifestLimit) throw refuse(`is damaged: ${bundleManifestName} has ${String(size)} bytes`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of entry) chunks.push(chunk as Uint8Array);
  return parseManifest(Buffer.concat(chunks), refuse);
}
