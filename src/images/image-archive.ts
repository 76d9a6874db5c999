import type { Host } from "../contract/host.ts";
import { readArchive, type ArchiveContents, type ArchiveLimits } from "./archive-contents.ts";
import type { InspectedImage, Refuse } from "./archive-documents.ts";
import { localArchitecture, type Architecture } from "./build-image.ts";
import { inspectDockerArchive } from "./docker-archive.ts";
import { invalidArchive } from "./invalid-archive.ts";
import { inspectOciLayout } from "./oci-layout.ts";

/** What a good archive holds. */
export interface InspectedArchive {
  readonly format: "oci-layout" | "docker-archive";
  readonly compression: ArchiveContents["compression"];
  readonly images: readonly InspectedImage[];
  /** Bytes of the tar stream. */
  readonly size: number;
}

/**
 * Checks an image archive before it is given to containerd: an OCI layout
 * (https://github.com/opencontainers/image-spec/blob/main/image-layout.md) or
 * what `docker save` writes, as a tar, plain or gzip. Everything that an image of
 * this machine's architecture consists of is there, and every blob has the
 * SHA-256 that it is called by. What is inside layers is left to containerd, which
 * confines it to the snapshot and checks the diff ids of compressed ones as it unpacks.
 *
 * @throws SandkubeError (usage) that says what is wrong; (notFound) where there is no such file
 */
export async function inspectImageArchive(
  path: string,
  host: Host,
  options: {
    readonly signal?: AbortSignal;
    readonly limits?: ArchiveLimits;
    readonly architecture?: Architecture;
  } = {},
): Promise<InspectedArchive> {
  const contents = await readArchive(path, host, options.signal ?? new AbortController().signal, options.limits);
  const refuse: Refuse = (because) => invalidArchive(path, because);
  const architecture = options.architecture ?? localArchitecture();
  checkBlobNames(contents, refuse);
  const { compression, size } = contents;
  // Where both are there, containerd takes the OCI layout (core/images/archive/importer.go).
  if (contents.files.has("oci-layout")) {
    return { format: "oci-layout", compression, size, images: inspectOciLayout(contents, architecture, refuse) };
  }
  if (contents.files.has("manifest.json")) {
    return {
      format: "docker-archive",
      compression,
      size,
      images: inspectDockerArchive(contents, architecture, refuse),
    };
  }
  if (contents.files.size === 0) throw refuse("holds no files, so it is no tar archive of an image");
  throw refuse("holds no image: there is neither an oci-layout nor a manifest.json in it");
}

/** The name of a blob is the digest of its content; one that is not used by any image must not lie either. */
function checkBlobNames(contents: ArchiveContents, refuse: Refuse): void {
  for (const [name, file] of contents.files) {
    const expected = /^blobs\/sha256\/(.+)$/.exec(name)?.[1];
    if (expected !== undefined && expected !== file.sha256) {
      throw refuse(`is damaged: the content of ${name} has the SHA-256 ${file.sha256}`);
    }
  }
}
