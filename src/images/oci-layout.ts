import * as z from "zod";
import type { ArchiveContents } from "./archive-contents.ts";
import type { Architecture } from "./build-image.ts";
import { checkPlatform, configSchema, readJson, type InspectedImage, type Refuse } from "./archive-documents.ts";
import { normalizeReference } from "./image-reference.ts";

const descriptorSchema = z.object({
  mediaType: z.string().optional(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/, "only sha256 digests are supported"),
  size: z.number().int().nonnegative(),
  platform: z.object({ architecture: z.string(), os: z.string() }).nullish(),
  annotations: z.record(z.string(), z.string()).nullish(),
});

type Descriptor = z.infer<typeof descriptorSchema>;

const layoutSchema = z.object({ imageLayoutVersion: z.literal("1.0.0") });
const indexSchema = z.object({ manifests: z.array(descriptorSchema) });
const manifestSchema = z.object({ config: descriptorSchema, layers: z.array(descriptorSchema) });

const indexTypes = new Set([
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
]);
const manifestTypes = new Set([
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
]);

/** What one descriptor leads to on this architecture. */
interface Walked {
  readonly id: string;
  readonly size: number;
}

/** The images of an OCI layout. */
export function inspectOciLayout(
  contents: ArchiveContents,
  architecture: Architecture,
  refuse: Refuse,
): readonly InspectedImage[] {
  readJson(contents, "oci-layout", layoutSchema, refuse);
  const { manifests } = readJson(contents, "index.json", indexSchema, refuse);
  if (manifests.length === 0) throw refuse("holds no image: its index.json lists none");
  const images = new Map<string, Walked & { readonly references: Set<string> }>();
  for (const descriptor of manifests) {
    const image = images.get(descriptor.digest) ?? {
      ...walk(contents, descriptor, architecture, refuse),
      references: new Set<string>(),
    };
    images.set(descriptor.digest, image);
    const reference = referenceOf(descriptor);
    if (reference !== undefined) image.references.add(reference);
  }
  return [...images].map(([digest, { id, size, references }]) => ({ references: [...references], id, digest, size }));
}

/** The name containerd gives it (imageName in client/import.go). A tag alone makes no name. */
function referenceOf(descriptor: Descriptor): string | undefined {
  const full = descriptor.annotations?.["io.containerd.image.name"];
  const short = descriptor.annotations?.["org.opencontainers.image.ref.name"];
  const name = full ?? (short !== undefined && /[/:@]/.test(short) ? short : undefined);
  return name === undefined ? undefined : normalizeReference(name);
}

function walk(contents: ArchiveContents, descriptor: Descriptor, architecture: Architecture, refuse: Refuse): Walked {
  const type = descriptor.mediaType ?? "";
  if (manifestTypes.has(type)) return walkManifest(contents, descriptor, architecture, refuse);
  if (!indexTypes.has(type))
    throw refuse(`holds no image: ${descriptor.digest} is of the type ${JSON.stringify(type)}`);
  // An image for several platforms. containerd needs the one of this machine; the others may be left out.
  const { manifests } = readJson(contents, checkBlob(contents, descriptor, refuse), indexSchema, refuse);
  const ours = manifests.find(
    ({ mediaType, platform }) =>
      manifestTypes.has(mediaType ?? "") && platform?.os === "linux" && platform.architecture === architecture,
  );
  if (ours === undefined) {
    const others = manifests.flatMap(({ platform }) => (platform ? [`${platform.os}/${platform.architecture}`] : []));
    throw refuse(`holds no image for linux/${architecture}, only for ${others.join(", ") || "no platform"}`);
  }
  return walkManifest(contents, ours, architecture, refuse);
}

function walkManifest(
  contents: ArchiveContents,
  descriptor: Descriptor,
  architecture: Architecture,
  refuse: Refuse,
): Walked {
  const manifest = readJson(contents, checkBlob(contents, descriptor, refuse), manifestSchema, refuse);
  const config = readJson(contents, checkBlob(contents, manifest.config, refuse), configSchema, refuse);
  checkPlatform(config, architecture, refuse);
  for (const layer of manifest.layers) checkBlob(contents, layer, refuse);
  if (manifest.layers.length !== config.rootfs.diff_ids.length) {
    throw refuse(
      `is damaged: ${descriptor.digest} has ${String(manifest.layers.length)} layers, its config tells of ${String(config.rootfs.diff_ids.length)}`,
    );
  }
  const size = [manifest.config, ...manifest.layers].reduce((sum, blob) => sum + blob.size, 0);
  return { id: manifest.config.digest, size };
}

/** The path of a blob that is there in full; that its content fits its name was checked before. */
function checkBlob(contents: ArchiveContents, descriptor: Descriptor, refuse: Refuse): string {
  const name = `blobs/${descriptor.digest.replace(":", "/")}`;
  const file = contents.files.get(name);
  if (file === undefined) throw refuse(`is incomplete: ${name} is missing`);
  if (file.size !== descriptor.size) {
    throw refuse(`is damaged: ${name} has ${String(file.size)} bytes and should have ${String(descriptor.size)}`);
  }
  return name;
}
