import { join } from "node:path";
import type { ArtifactContext } from "../contract/artifact.ts";
import { artifactDirectory } from "./cache-directory.ts";
import { inspectEntry } from "./cache-entry.ts";
import type { Manifest } from "./manifest.ts";

/** What image archives a bundle brings: those that every node starts with, and the user's own. */
export type LoadedImagesKind = "node-images" | "image";

/** An image archive that a bundle brought. */
export interface LoadedImages {
  readonly path: string;
  readonly manifest: Manifest;
}

/**
 * The name of the entry that holds an image archive of a bundle.
 *
 * @param digest what it is known by: of its content, or of what makes it (SHA-256, hex)
 */
export function loadedImagesEntryName(kind: LoadedImagesKind, digest: string): string {
  return `${kind}-${digest.slice(0, 16)}-bundle`;
}

/** Whether a name is that of an entry of {@link loadedImagesEntryName}. */
export function isLoadedImages(name: string): boolean {
  return /^(node-images|image)-[0-9a-f]{16}-bundle$/.test(name);
}

/** The file in an entry of {@link loadedImagesEntryName}. */
export function loadedImagesFileName(kind: LoadedImagesKind): string {
  return `${kind}.tar`;
}

/** The archive of the images that every node starts with, where a bundle brought it for this key. */
export async function findLoadedNodeImages(key: string, { host }: ArtifactContext): Promise<LoadedImages | undefined> {
  const directory = join(artifactDirectory(host.environment), loadedImagesEntryName("node-images", key));
  const entry = await inspectEntry(directory, loadedImagesFileName("node-images"), host);
  return entry.state === "ready" ? entry : undefined;
}

/** The user's image archives that bundles brought, the oldest first: where two name an image, the newer one wins. */
export async function findLoadedImages(context: ArtifactContext): Promise<readonly LoadedImages[]> {
  const { host, progress } = context;
  const directory = artifactDirectory(host.environment);
  const names = ((await host.files.list(directory)) ?? []).filter(
    (name) => isLoadedImages(name) && name.startsWith("image-"),
  );
  const found: LoadedImages[] = [];
  for (const name of names) {
    const entry = await inspectEntry(join(directory, name), loadedImagesFileName("image"), host);
    if (entry.state === "ready") found.push(entry);
    else if (entry.state === "broken") {
      const text = `An image archive of a bundle is not usable (${entry.because}); load the bundle again.`;
      progress({ kind: "warning", text });
    }
  }
  return found.sort((one, other) => one.manifest.madeAt.localeCompare(other.manifest.madeAt));
}
