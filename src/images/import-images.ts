import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { detectCompression } from "./archive-contents.ts";
import { listStoredImages, pinnedLabel, runCtr, type ContainerdImages, type StoredImage } from "./containerd-images.ts";

/** An archive to import. */
export interface ImageArchive {
  /** An archive that `inspectImageArchive` accepted, or that `buildImages` wrote. */
  readonly path: string;
  /** Kept from the kubelet's image garbage collection: nothing could pull it again. */
  readonly pinned?: boolean;
}

/** What became of one reference. */
export interface ImportedImage {
  readonly reference: string;
  /** `sha256:...` of the manifest. */
  readonly digest: string;
  /** `replaced`: the reference was there and stood for another image. `present`: for this one already. */
  readonly outcome: "imported" | "replaced" | "present";
}

/**
 * Gives archives to containerd and unpacks them, one `ctr` process an archive
 * (it takes one file); put several images into one archive where each process counts.
 *
 * CRI sees an image by containerd's event for it: it adds its own `sha256:` name
 * and the label `io.cri-containerd.image=managed`
 * (UpdateImage in internal/cri/server/images/image_pull.go). That label must not
 * be set here, because CRI would then leave out the name. It comes some
 * milliseconds after this returns.
 *
 * @param before what the store holds; asked for (one more process) where it is not given
 * @throws SandkubeError where ctr fails, with the end of its output; (usage) where an archive names no image
 */
export async function importImages(
  containerd: ContainerdImages,
  archives: readonly ImageArchive[],
  before?: readonly StoredImage[],
): Promise<readonly ImportedImage[]> {
  const stored = before ?? (await listStoredImages(containerd));
  const digests = new Map(stored.map((image) => [image.reference, image.digest]));
  const imported: ImportedImage[] = [];
  for (const archive of archives) {
    for (const { reference, digest } of await importArchive(containerd, archive)) {
      const old = digests.get(reference);
      const outcome = old === undefined ? "imported" : old === digest ? "present" : "replaced";
      digests.set(reference, digest);
      imported.push({ reference, digest, outcome });
    }
  }
  return imported;
}

async function importArchive(
  containerd: ContainerdImages,
  archive: ImageArchive,
): Promise<readonly { readonly reference: string; readonly digest: string }[]> {
  // Without --local containerd unpacks only for the snapshotters that its transfer service is configured for, and
  // fails or unpacks nothing for another (getSupportedPlatform in core/transfer/local/pull.go).
  const flags = ["import", "--local", "--snapshotter", containerd.snapshotter];
  if (archive.pinned === true) flags.push("--label", pinnedLabel);
  // `ctr images import --local` reads plain tar only.
  const output =
    (await detectCompression(archive.path, containerd.host)) === "gzip"
      ? await runCtr(containerd, [...flags, "-"], gunzipped(containerd, archive.path))
      : await runCtr(containerd, [...flags, archive.path]);
  const images = parseImport(output);
  if (images.length > 0) return images;
  throw new SandkubeError({
    title: "The archive names no image",
    message: `${archive.path} was read, but no image in it has a name, so none was kept.`,
    hint: "Save it by its name and tag: `docker save -o FILE NAME:TAG`.",
    exit: "usage",
  });
}

function gunzipped(containerd: ContainerdImages, path: string): Readable {
  // An error of the file ends both streams, and ctr with them.
  return pipeline(containerd.host.files.openRead(path), createGunzip(), () => undefined);
}

/** Reads what `ctr images import --local` prints: "unpacking NAME (DIGEST)...done". */
export function parseImport(output: string): readonly { readonly reference: string; readonly digest: string }[] {
  return [...output.matchAll(/^unpacking (\S+) \((sha256:[0-9a-f]{64})\)\.\.\.done$/gm)].map(
    ([, reference = "", digest = ""]) => ({ reference, digest }),
  );
}
