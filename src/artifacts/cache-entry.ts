import { join } from "node:path";
import type { Host } from "../contract/host.ts";
import { isUntouched, manifestName, parseManifest, printManifest, signatureOf, type Manifest } from "./manifest.ts";

/** What was found where an entry of the cache should be. */
export type CacheEntry =
  | { readonly state: "ready"; readonly path: string; readonly manifest: Manifest }
  | { readonly state: "missing" }
  | { readonly state: "broken"; readonly because: string };

/**
 * Looks at an entry. That is a stat where the binary was not touched since it
 * was last checked; otherwise its content is hashed, and the new status is
 * noted for the next time where the cache can be written to.
 *
 * @param options.hash hashes the content in any case
 */
export async function inspectEntry(
  directory: string,
  name: string,
  host: Host,
  options: { readonly hash?: boolean } = {},
): Promise<CacheEntry> {
  const { files } = host;
  if ((await files.status(directory)) === undefined) return { state: "missing" };
  const text = await files.readTextIfPresent(join(directory, manifestName));
  if (text === undefined) return { state: "broken", because: `${manifestName} is missing` };
  const manifest = parseManifest(text);
  if (manifest === undefined) return { state: "broken", because: `${manifestName} is damaged` };
  const path = join(directory, name);
  const status = await files.status(path);
  if (status?.kind !== "file") return { state: "broken", because: `${name} is missing` };
  if (status.size !== manifest.size) {
    return { state: "broken", because: `${name} has ${String(status.size)} bytes, not ${String(manifest.size)}` };
  }
  if (options.hash !== true && isUntouched(manifest, status)) return { state: "ready", path, manifest };
  if ((await files.sha256(path)) !== manifest.sha256) {
    return { state: "broken", because: `the content of ${name} does not have the SHA-256 in ${manifestName}` };
  }
  const verified = { ...manifest, verified: signatureOf(status) };
  if (!isUntouched(manifest, status)) await note(directory, verified, host);
  return { state: "ready", path, manifest: verified };
}

/** Writes a manifest where that is possible; a read-only cache is simply checked again the next time. */
async function note(directory: string, manifest: Manifest, host: Host): Promise<void> {
  try {
    await host.files.write(join(directory, manifestName), printManifest(manifest));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!["EROFS", "EACCES", "EPERM", "ENOSPC", "ENOENT"].includes(code ?? "")) throw error;
  }
}
