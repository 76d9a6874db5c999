import { createHash } from "node:crypto";
import { pipeline } from "node:stream/promises";
import type { Host } from "../contract/host.ts";
import { normalizeReference, tagOf } from "./image-reference.ts";
import { makeLayer, type LayerEntry } from "./layer.ts";
import { tarOf, type TarEntry } from "./tar-writer.ts";

/** How containers of an image start (https://github.com/opencontainers/image-spec/blob/main/config.md). */
interface ImageConfig {
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  /** `user`, `uid` or `uid:gid`. */
  readonly user?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** The processor an image is for, in Go's words. */
export type Architecture = "amd64" | "arm64";

/** An image to build: one layer and how to start it. */
export interface ImageDescription {
  /** The names it gets, in full: `registry.k8s.io/pause:3.10.2`. At least one. */
  readonly references: readonly string[];
  readonly architecture: Architecture;
  readonly entries: readonly LayerEntry[];
  readonly config: ImageConfig;
}

/** An image as it stands in an archive. */
export interface BuiltImage {
  readonly references: readonly string[];
  /** `sha256:...` of the manifest. */
  readonly digest: string;
  /** Bytes of manifest, config and layers. */
  readonly size: number;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

interface Blob {
  readonly descriptor: Descriptor;
  readonly body: NonNullable<TarEntry["body"]>;
}

/** The architecture of this machine. */
export function localArchitecture(): Architecture {
  return process.arch === "arm64" ? "arm64" : "amd64";
}

/**
 * Writes one archive with these images: an OCI image layout
 * (https://github.com/opencontainers/image-spec/blob/main/image-layout.md) that
 * also carries docker's manifest.json, so that `ctr images import` and
 * `docker load` both take it. Same images, same bytes.
 *
 * @param path the archive; what was there is overwritten
 */
export async function buildImages(
  host: Host,
  images: readonly ImageDescription[],
  path: string,
): Promise<readonly BuiltImage[]> {
  const blobs = new Map<string, Blob>();
  const index: object[] = [];
  const dockerManifest: object[] = [];
  const built: BuiltImage[] = [];
  for (const image of images) {
    const references = image.references.map(normalizeReference);
    if (references.length === 0) throw new Error("an image needs a reference");
    const layer = await makeLayer(host.files, image.entries);
    const layerBlob: Blob = {
      descriptor: { mediaType: "application/vnd.oci.image.layer.v1.tar", digest: layer.digest, size: layer.size },
      body: { size: layer.size, open: () => layer.open() as AsyncIterable<Uint8Array> },
    };
    const config = jsonBlob("application/vnd.oci.image.config.v1+json", configOf(image, layer.digest));
    const manifest = jsonBlob("application/vnd.oci.image.manifest.v1+json", {
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: config.descriptor,
      layers: [layerBlob.descriptor],
    });
    for (const blob of [manifest, config, layerBlob]) blobs.set(blob.descriptor.digest, blob);
    for (const reference of references) {
      const platform = { architecture: image.architecture, os: "linux" };
      index.push({ ...manifest.descriptor, platform, annotations: annotationsOf(reference) });
    }
    dockerManifest.push({
      Config: blobPath(config.descriptor),
      RepoTags: references.filter((reference) => tagOf(reference) !== undefined),
      Layers: [blobPath(layerBlob.descriptor)],
    });
    built.push({
      references,
      digest: manifest.descriptor.digest,
      size: manifest.descriptor.size + config.descriptor.size + layer.size,
    });
  }
  const entries = [
    jsonFile("oci-layout", { imageLayoutVersion: "1.0.0" }),
    jsonFile("index.json", {
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.index.v1+json",
      manifests: index,
    }),
    jsonFile("manifest.json", dockerManifest),
    directory("blobs/"),
    directory("blobs/sha256/"),
    ...[...blobs.values()].map((blob) => file(blobPath(blob.descriptor), blob.body)),
  ];
  await pipeline(tarOf(entries), host.files.openWrite(path));
  return built;
}

function configOf(image: ImageDescription, diffId: string): object {
  const { config } = image;
  return {
    created: "1970-01-01T00:00:00Z",
    architecture: image.architecture,
    os: "linux",
    config: {
      ...(config.user === undefined ? {} : { User: config.user }),
      Env: Object.entries(config.env ?? {}).map(([name, value]) => `${name}=${value}`),
      ...(config.entrypoint === undefined ? {} : { Entrypoint: config.entrypoint }),
      ...(config.cmd === undefined ? {} : { Cmd: config.cmd }),
      WorkingDir: config.workingDir ?? "/",
      ...(config.labels === undefined ? {} : { Labels: config.labels }),
    },
    rootfs: { type: "layers", diff_ids: [diffId] },
    history: [{ created: "1970-01-01T00:00:00Z", created_by: "sandkube" }],
  };
}

/** containerd takes the first for the name (core/images/archive/importer.go), other tools the second for the tag. */
function annotationsOf(reference: string): Record<string, string> {
  return {
    "io.containerd.image.name": reference,
    "org.opencontainers.image.ref.name": tagOf(reference) ?? reference,
  };
}

function jsonBlob(mediaType: string, value: object): Blob {
  const body = encodeJson(value);
  const digest = `sha256:${createHash("sha256").update(body).digest("hex")}`;
  return { descriptor: { mediaType, digest, size: body.byteLength }, body };
}

function encodeJson(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function blobPath(descriptor: Descriptor): string {
  return `blobs/${descriptor.digest.replace(":", "/")}`;
}

function jsonFile(name: string, value: object): TarEntry {
  return file(name, encodeJson(value));
}

function file(name: string, body: NonNullable<TarEntry["body"]>): TarEntry {
  return { name, type: "file", mode: 0o644, uid: 0, gid: 0, body };
}

function directory(name: string): TarEntry {
  return { name, type: "directory", mode: 0o755, uid: 0, gid: 0 };
}
