import { resolve } from "node:path";
import { arch } from "node:process";
import type { Readable, Writable } from "node:stream";
import own from "../../package.json" with { type: "json" };
import { goArchitecture } from "../artifacts/build-flags.ts";
import { artifactDirectory } from "../artifacts/cache-directory.ts";
import { catalogue } from "../artifacts/catalogue.ts";
import { ensureArtifacts } from "../artifacts/ensure-artifacts.ts";
import { artifactOf, locateArtifact } from "../artifacts/locate-artifact.ts";
import { makeManifest, type BundleManifest, type BundleMember } from "../bundles/bundle-manifest.ts";
import { entriesOfMembers } from "../bundles/entries-of-members.ts";
import { storeBundle } from "../bundles/store-bundle.ts";
import { writeBundle, type WrittenBundle } from "../bundles/write-bundle.ts";
import type { BundlePurpose } from "../contract/bundle-purpose.ts";
import { clusterModes, runsContainers, type ClusterMode } from "../contract/cluster-spec.ts";
import { step } from "../contract/progress.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { kubernetesBinaries } from "../distributions/kubernetes.ts";
import { inspectImageArchive } from "../images/image-archive.ts";
import { carriedNodeImagesKey } from "../images/node-images.ts";
import { remedies } from "../remedies/catalogue.ts";
import { nodeImages } from "./cluster-artifacts.ts";
import type { Session } from "./session.ts";

/** One file of a bundle, in reports. */
export interface ReportedMember {
  readonly kind: "binary" | "node-images" | "image";
  /** The program's name, or the images' names. */
  readonly name: string;
  /** The upstream version; null for images. */
  readonly version: string | null;
  /** As it is in the cache. */
  readonly bytes: number;
  readonly sha256: string;
}

/** The answer of `sandkube bundle create --output json`. */
export interface BundleCreateReport {
  readonly schema: "sandkube.dev/bundle-create/v1";
  /** The absolute path; `-` for standard output. */
  readonly file: string;
  readonly bytes: number;
  /** Of the whole file. */
  readonly sha256: string;
  /** Go's name of the processor that it is for. */
  readonly architecture: string;
  readonly members: readonly ReportedMember[];
}

/** The answer of `sandkube bundle load --output json`. */
export interface BundleLoadReport {
  readonly schema: "sandkube.dev/bundle-load/v1";
  /** The version of the sandkube that made the bundle. */
  readonly madeBy: string;
  /** ISO 8601. */
  readonly madeAt: string;
  /** Where the members are now. */
  readonly cache: string;
  readonly members: readonly (ReportedMember & {
    /** `present`: the cache had it already; `replaced`: the cache had another in its place. */
    readonly outcome: "loaded" | "present" | "replaced";
    /** The file's absolute path. */
    readonly path: string;
  })[];
}

/** A member and where its bytes are. */
interface Found {
  readonly member: BundleMember;
  readonly source: string;
}

/**
 * Writes a bundle: the binaries and images of a purpose, which are built where they are not in the cache, and image archives
 * of the user's. A file of that name is replaced when the bundle is whole.
 *
 * @param file the path, or `-` for the output
 * @throws SandkubeError (usage) for what is no image archive; (storage) where the file cannot be written; what ensureArtifacts throws
 */
export async function createBundle(
  file: string,
  contents: { readonly purpose: BundlePurpose; readonly images: readonly string[] },
  output: Writable,
  session: Session,
): Promise<BundleCreateReport> {
  const names = binariesFor(contents.purpose);
  const paths = await ensureArtifacts(names, session);
  const pause = paths.get("pause");
  const found = [
    ...(await Promise.all(names.map((name) => foundBinary(name, session)))),
    ...(pause === undefined ? [] : [await foundNodeImages(pause, session)]),
    ...(await foundImages(contents.images, session)),
  ];
  const architecture = goArchitecture(arch);
  const manifest = makeManifest({
    sandkube: own.version,
    architecture,
    madeAt: new Date(session.host.clock.now()).toISOString(),
    members: found.map(({ member }) => member),
  });
  const sources = new Map(found.map(({ member, source }) => [member.path, source]));
  const path = file === "-" ? file : resolve(file);
  const written = await step(session.progress, `Writing ${path === "-" ? "the bundle" : path}`, () =>
    write(path, manifest, sources, output, session),
  );
  const members = manifest.members.map(reported);
  return { schema: "sandkube.dev/bundle-create/v1", file: path, ...written, architecture, members };
}

/**
 * Loads a bundle into the cache, where `up` then finds everything that it needs, without Go and without a network.
 *
 * @param file the path, or `-` for the input
 * @throws SandkubeError (notFound) where there is no such file; (artifact) for a bundle that is damaged, or of another
 *   sandkube; (unsupported) for one of another architecture; (storage) where it cannot be read or stored. The cache is then as it was
 */
export async function loadBundle(file: string, input: Readable, session: Session): Promise<BundleLoadReport> {
  const { host } = session;
  const path = file === "-" ? "The input" : resolve(file);
  if (file !== "-") await requireFile(path, session);
  const source = file === "-" ? input : host.files.openRead(path);
  const { manifest, members } = await step(session.progress, "Loading the bundle", (detail) =>
    storeBundle(source, path, (read) => entriesOfMembers(read, path, own.version, session), session, detail),
  );
  return {
    schema: "sandkube.dev/bundle-load/v1",
    madeBy: manifest.sandkube,
    madeAt: manifest.madeAt,
    cache: artifactDirectory(host.environment),
    members: members.map(({ member, outcome, path: stored }) => ({ ...reported(member), outcome, path: stored })),
  };
}

function binariesFor(purpose: BundlePurpose): readonly string[] {
  if (purpose === "all") return catalogue.map(({ name }) => name);
  const modes: readonly ClusterMode[] = purpose === "cluster" ? clusterModes : [purpose];
  const names = modes.flatMap(kubernetesBinaries);
  const forPods = ["pause", ...remedies.flatMap(({ binaries = [] }) => binaries)];
  return [...new Set<string>([...names, ...(modes.some(runsContainers) ? forPods : [])])];
}

async function foundBinary(name: string, session: Session): Promise<Found> {
  const writable = await session.host.files.isWritable(artifactDirectory(session.host.environment));
  const { recipe, entry } = await locateArtifact(artifactOf(name, session), session, { writable });
  if (entry.state !== "ready") throw new Error(`${name} was in the cache and is ${entry.state}`);
  const { size, sha256, builtWith, madeAt: builtAt } = entry.manifest;
  const { version, digest } = recipe;
  const made = { version, recipe: digest, builtWith, builtAt };
  return { member: { kind: "binary", path: `binaries/${name}`, name, size, sha256, ...made }, source: entry.path };
}

async function foundNodeImages(pause: string, session: Session): Promise<Found> {
  const { files } = session.host;
  const { path: source, references } = await nodeImages(pause, session);
  const recipe = carriedNodeImagesKey(await files.sha256(pause));
  const path = "images/node-images.tar";
  return {
    member: { kind: "node-images", path, ...(await measure(source, session)), recipe, references: [...references] },
    source,
  };
}

async function foundImages(archives: readonly string[], session: Session): Promise<readonly Found[]> {
  const found = new Map<string, Found>();
  for (const source of archives.map((path) => resolve(path))) {
    const { images } = await step(session.progress, `Checking ${source}`, () =>
      inspectImageArchive(source, session.host, { signal: session.signal }),
    );
    const references = images.flatMap((image) => image.references);
    if (references.length === 0) throw withoutName(source);
    const measured = await measure(source, session);
    const path = `images/${measured.sha256.slice(0, 16)}.tar`;
    found.set(path, { member: { kind: "image", path, ...measured, references }, source });
  }
  return [...found.values()];
}

async function measure(path: string, { host }: Session): Promise<{ readonly size: number; readonly sha256: string }> {
  return { size: (await host.files.status(path))?.size ?? 0, sha256: await host.files.sha256(path) };
}

async function write(
  path: string,
  manifest: BundleManifest,
  sources: ReadonlyMap<string, string>,
  output: Writable,
  { host, signal }: Session,
): Promise<WrittenBundle> {
  if (path === "-")
    return writeBundle(manifest, sources, output, host, signal).catch(
      cannotWrite("Standard output", "See what became of the program that reads it."),
    );
  const partial = `${path}.partial`;
  try {
    const written = await writeBundle(manifest, sources, host.files.openWrite(partial), host, signal);
    await host.files.rename(partial, path);
    return written;
  } catch (error) {
    await host.files.remove(partial).catch(() => undefined);
    signal.throwIfAborted();
    return cannotWrite(path, "Name a file in a directory that you may write to, with some 200 MB of room.")(error);
  }
}

function cannotWrite(path: string, hint: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof SandkubeError) throw error;
    throw new SandkubeError({
      title: "The bundle could not be written",
      message: `${path}: ${error instanceof Error ? error.message : String(error)}`,
      hint,
      exit: "storage",
      cause: error,
    });
  };
}

async function requireFile(path: string, { host }: Session): Promise<void> {
  const status = await host.files.status(path);
  if (status?.kind === "file" || status?.kind === "fifo") return;
  throw new SandkubeError({
    title: "No such bundle",
    message: status === undefined ? `${path} is not there.` : `${path} is a ${status.kind}.`,
    exit: "notFound",
  });
}

function withoutName(path: string): SandkubeError {
  return new SandkubeError({
    title: "The archive names no image",
    message: `${path} holds an image without a name, so no pod could ask for it.`,
    hint: "Save it by its name and tag: `docker save -o FILE NAME:TAG`.",
    exit: "usage",
  });
}

function reported(member: BundleMember): ReportedMember {
  const { kind, size: bytes, sha256 } = member;
  if (member.kind === "binary") return { kind, name: member.name, version: member.version, bytes, sha256 };
  return { kind, name: member.references.join(" "), version: null, bytes, sha256 };
}
