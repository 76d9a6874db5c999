import * as z from "zod";
import type { FileStatus } from "../contract/host.ts";

const nanoseconds = z.string().regex(/^\d+$/);

const schema = z.strictObject({
  schema: z.literal(1),
  name: z.string().min(1),
  /** The upstream version. */
  version: z.string().min(1),
  /** The digest of everything that makes the binary: the entry's identity. */
  key: z.string().min(1),
  /** What built it, for people. */
  builtWith: z.string(),
  /** ISO 8601. */
  madeAt: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  size: z.number().int().positive(),
  /** What stat said when the content was last found to have this sha256. */
  verified: z.strictObject({
    changedNanoseconds: nanoseconds,
    modifiedNanoseconds: nanoseconds,
  }),
});

/** What an entry of the artifact cache says of itself (manifest.json). */
export type Manifest = z.infer<typeof schema>;

/** The name of the manifest in an entry. */
export const manifestName = "manifest.json";

/** Reads a manifest; undefined where the text is not one. */
export function parseManifest(text: string): Manifest | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** A manifest as text. */
export function printManifest(manifest: Manifest): string {
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

/** The part of a file's status that changes whenever its content does. */
export function signatureOf(status: FileStatus): Manifest["verified"] {
  return {
    changedNanoseconds: String(status.changedNanoseconds),
    modifiedNanoseconds: String(status.modifiedNanoseconds),
  };
}

/**
 * Whether a file has not been touched since its content was checked. A program
 * can set mtime but not ctime, so equal times mean the same content. The inode
 * is left out: gVisor numbers the files of a mounted directory itself, and a
 * cache mounted into a sandbox would be hashed at every start (3 s and more).
 */
export function isUntouched(manifest: Manifest, status: FileStatus): boolean {
  const now = signatureOf(status);
  return (
    status.size === manifest.size &&
    now.changedNanoseconds === manifest.verified.changedNanoseconds &&
    now.modifiedNanoseconds === manifest.verified.modifiedNanoseconds
  );
}
