import { resolve } from "node:path";
import { step } from "../contract/progress.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { stateLayout } from "../contract/state-layout.ts";
import { buildImages, localArchitecture, type BuiltImage, type ImageDescription } from "../images/build-image.ts";
import { entriesOfDirectory } from "../images/directory-entries.ts";
import { normalizeReference } from "../images/image-reference.ts";
import { importImages, type ImportedImage } from "../images/import-images.ts";
import { nodeContainerd } from "./node-containerd.ts";
import type { Session } from "./session.ts";

/** What an image is built of. */
export interface ImageOptions {
  /** The image's root directory, as it is on this machine. */
  readonly directory: string;
  /** Its name and tag. */
  readonly tag: string;
  readonly config: ImageDescription["config"];
}

/** The answer of `sandkube image build --output json`. */
export interface ImageBuildReport {
  readonly schema: "sandkube.dev/image-build/v1";
  readonly reference: string;
  /** `sha256:...` of its manifest. */
  readonly digest: string;
  readonly bytes: number;
  /** The archive's absolute path; null where the image went to a node. */
  readonly file: string | null;
  /** What became of it on the node; null where it went to a file. */
  readonly outcome: ImportedImage["outcome"] | null;
}

/**
 * Makes an image of a directory and writes it to an archive that `load`, docker and podman read. A file of that name is
 * replaced when the archive is whole.
 *
 * @throws SandkubeError (usage) for a wrong name or a directory that cannot be an image; (notFound) where there is none;
 *   (storage) where the file cannot be written
 */
export async function buildImageFile(options: ImageOptions, path: string, session: Session): Promise<ImageBuildReport> {
  const { host } = session;
  const file = resolve(path);
  const partial = `${file}.partial`;
  try {
    const built = await build(options, partial, session);
    await host.files.rename(partial, file);
    return { ...report(built), file, outcome: null };
  } catch (error) {
    await host.files.remove(partial).catch(() => undefined);
    throw error;
  }
}

/**
 * Makes an image of a directory and gives it to a cluster's node.
 *
 * @throws SandkubeError as {@link buildImageFile}, and (notFound) where there is no node, (component) where containerd does not answer
 */
export async function buildImageOnNode(
  options: ImageOptions,
  name: string,
  stateDirectory: string,
  session: Session,
): Promise<ImageBuildReport> {
  const { host, progress } = session;
  const { spec, containerd } = await nodeContainerd(name, stateDirectory, session);
  const { pid } = await host.processes.self();
  const archive = `${stateLayout(spec.stateDirectory).runtime}/built-${String(pid)}.tar`;
  try {
    const built = await build(options, archive, session);
    const [imported] = await step(progress, "Importing", () => importImages(containerd, [{ path: archive }]));
    if (imported === undefined) throw new Error("the image was imported under no name");
    return { ...report(built), file: null, outcome: imported.outcome };
  } finally {
    await host.files.remove(archive).catch(() => undefined);
  }
}

async function build(
  { directory, tag, config }: ImageOptions,
  archive: string,
  { host, progress, signal }: Session,
): Promise<BuiltImage> {
  const reference = normalizeReference(tag);
  const root = resolve(directory);
  const entries = await entriesOfDirectory(root, host.files);
  const image = { references: [reference], architecture: localArchitecture(), entries, config };
  try {
    const [built] = await step(progress, `Building ${reference}`, () => buildImages(host, [image], archive));
    if (built === undefined) throw new Error("no image was built");
    return built;
  } catch (error) {
    signal.throwIfAborted();
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined && message !== "Size mismatch") throw error;
    throw new SandkubeError({
      title: "The image could not be built",
      message: message === "Size mismatch" ? `A file below ${root} changed while it was read.` : message,
      hint: "Leave the directory alone meanwhile, and name a file in a directory with room for the image.",
      exit: "storage",
      cause: error,
    });
  }
}

function report({ references, digest, size }: BuiltImage): Omit<ImageBuildReport, "file" | "outcome"> {
  return { schema: "sandkube.dev/image-build/v1", reference: references[0] ?? "", digest, bytes: size };
}
