import * as z from "zod";
import { isGzip, isZstd, type ArchiveContents, type ArchivedFile } from "./archive-contents.ts";
import type { Architecture } from "./build-image.ts";
import { checkPlatform, configSchema, readJson, type InspectedImage, type Refuse } from "./archive-documents.ts";
import { normalizeReference } from "./image-reference.ts";

/** https://github.com/moby/docker-image-spec/blob/main/v1.2.md#combined-image-json--filesystem-changeset-format */
const manifestSchema = z
  .array(
    z.object({
      Config: z.string(),
      RepoTags: z
        .array(z.string())
        .nullish()
        .transform((tags) => tags ?? []),
      Layers: z
        .array(z.string())
        .nullish()
        .transform((layers) => layers ?? []),
    }),
  )
  .min(1, "it names no image");

/** The images of what `docker save` before version 25, podman and kaniko write. */
export function inspectDockerArchive(
  contents: ArchiveContents,
  architecture: Architecture,
  refuse: Refuse,
): readonly InspectedImage[] {
  for (const [name, target] of contents.links) {
    // containerd refuses the whole archive for it, used or not.
    if (!contents.files.has(target)) throw refuse(`is incomplete: the link ${name} names ${target}, which is missing`);
  }
  const manifest = readJson(contents, "manifest.json", manifestSchema, refuse);
  return manifest.map((image) => {
    const config = readJson(contents, image.Config, configSchema, refuse);
    const configFile = fileAt(contents, image.Config, refuse);
    const named = /(?:^|\/)([0-9a-f]{64})(?:\.json)?$/.exec(image.Config)?.[1];
    if (named !== undefined && named !== configFile.sha256) {
      throw refuse(`is damaged: the content of ${image.Config} has the SHA-256 ${configFile.sha256}`);
    }
    checkPlatform(config, architecture, refuse);
    const diffIds = config.rootfs.diff_ids;
    if (diffIds.length !== image.Layers.length) {
      throw refuse(
        `is damaged: ${image.Config} tells of ${String(diffIds.length)} layers, manifest.json of ${String(image.Layers.length)}`,
      );
    }
    const layers = image.Layers.map((name, at) => checkLayer(contents, name, diffIds[at], refuse));
    return {
      references: image.RepoTags.map((tag) => normalizeReference(tag)),
      id: `sha256:${configFile.sha256}`,
      digest: undefined,
      size: [configFile, ...layers].reduce((sum, file) => sum + file.size, 0),
    };
  });
}

function checkLayer(contents: ArchiveContents, name: string, diffId: string | undefined, refuse: Refuse): ArchivedFile {
  const file = fileAt(contents, name, refuse);
  const compressed = isGzip(file.start) || isZstd(file.start);
  // A diff id is of the uncompressed tar; containerd checks the compressed ones as it unpacks them.
  if (!compressed && diffId !== `sha256:${file.sha256}`) {
    throw refuse(`is damaged: the layer ${name} has the SHA-256 ${file.sha256}, but should have ${diffId ?? "none"}`);
  }
  return file;
}

/** A file, or the file that a link names: `docker save` links layers that two images share. */
function fileAt(contents: ArchiveContents, name: string, refuse: Refuse): ArchivedFile {
  const file = contents.files.get(name) ?? contents.files.get(contents.links.get(name) ?? "");
  if (file === undefined) throw refuse(`is incomplete: ${name} is missing`);
  return file;
}
