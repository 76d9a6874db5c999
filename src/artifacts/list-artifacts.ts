import type { ArtifactContext } from "../contract/artifact.ts";
import { artifactDirectory } from "./cache-directory.ts";
import { catalogue } from "./catalogue.ts";
import { locateArtifact } from "./locate-artifact.ts";

/** What the cache holds of one artifact. */
export interface ArtifactStatus {
  readonly name: string;
  /** The upstream version. */
  readonly version: string;
  readonly state: "ready" | "missing" | "broken";
  /** Why it is broken. */
  readonly because?: string;
  /** The binary's absolute path; only where it is ready. */
  readonly path?: string;
  /** Bytes. */
  readonly size?: number;
  readonly sha256?: string;
  /** The toolchain that built it, for people. */
  readonly builtWith?: string;
}

/**
 * What the cache holds of every artifact, in the catalogue's order.
 *
 * @param options.verify hashes every binary; otherwise only those that were touched since they were last checked
 */
export async function listArtifacts(
  context: ArtifactContext,
  options: { readonly verify?: boolean } = {},
): Promise<readonly ArtifactStatus[]> {
  const list: ArtifactStatus[] = [];
  const writable = await context.host.files.isWritable(artifactDirectory(context.host.environment));
  for (const artifact of context.catalogue ?? catalogue) {
    context.signal.throwIfAborted();
    const { recipe, entry } = await locateArtifact(artifact, context, {
      writable,
      hash: options.verify ?? false,
    });
    const { state } = entry;
    const { name } = artifact;
    const { version } = recipe;
    if (state === "missing") list.push({ name, version, state });
    else if (state === "broken") list.push({ name, version, state, because: entry.because });
    else {
      const { size, sha256, builtWith } = entry.manifest;
      list.push({ name, version, state, path: entry.path, size, sha256, builtWith });
    }
  }
  return list;
}
