import { pinnedLabel, type StoredImage } from "./containerd-images.ts";

/** An image as people know it: what stands behind one digest, with all its names. */
export interface NodeImage {
  /** Full references; empty where it has names of CRI's only. */
  readonly references: readonly string[];
  /** `sha256:...` of the manifest or index. */
  readonly digest: string;
  /** Bytes of its compressed layers, rounded as ctr does. */
  readonly sizeBytes: number;
  /** Kept from the kubelet's garbage collection: nothing could pull it again. */
  readonly pinned: boolean;
  /** What CRI calls it: `sha256:...` of its configuration, and by digest. */
  readonly aliases: readonly string[];
}

/** Puts the names of one image together, in the order of their first references. Pure. */
export function nodeImages(stored: readonly StoredImage[]): readonly NodeImage[] {
  const groups = new Map<string, StoredImage[]>();
  for (const image of stored) groups.set(image.digest, [...(groups.get(image.digest) ?? []), image]);
  return [...groups]
    .map(([digest, names]) => ({
      references: names.map(({ reference }) => reference).filter((name) => !isAlias(name)),
      digest,
      sizeBytes: Math.max(...names.map(({ sizeBytes }) => sizeBytes)),
      pinned: names.some(({ labels }) => labels.has(pinnedLabel)),
      aliases: names.map(({ reference }) => reference).filter(isAlias),
    }))
    .sort((a, b) => ((a.references[0] ?? a.digest) < (b.references[0] ?? b.digest) ? -1 : 1));
}

/**
 * The names to remove so that references are gone and, with the last of an image,
 * what it takes on disk: CRI's own names would keep it. Pure.
 *
 * @param references full references, all of them there
 */
export function namesToRemove(images: readonly NodeImage[], references: readonly string[]): readonly string[] {
  return images.flatMap((image) => {
    const gone = image.references.filter((reference) => references.includes(reference));
    return gone.length > 0 && gone.length === image.references.length ? [...gone, ...image.aliases] : gone;
  });
}

function isAlias(reference: string): boolean {
  return reference.startsWith("sha256:") || reference.includes("@sha256:");
}
