import { isAbsolute, resolve } from "node:path";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { step } from "../contract/progress.ts";
import { stateLayout } from "../contract/state-layout.ts";
import { unknownName } from "../contract/unknown-name.ts";
import { listStoredImages, runCtr } from "../images/containerd-images.ts";
import { normalizeReference } from "../images/image-reference.ts";
import { namesToRemove, nodeImages, type NodeImage } from "../images/node-image.ts";
import { ApiClient } from "../kube/api-client.ts";
import { nodeContainerd } from "./node-containerd.ts";
import type { Session } from "./session.ts";

/** The answer of `sandkube image list --output json`. */
export interface ImageListReport {
  readonly schema: "sandkube.dev/image-list/v1";
  readonly images: readonly NodeImage[];
}

/** The answer of `sandkube image remove --output json`. */
export interface ImageRemoveReport {
  readonly schema: "sandkube.dev/image-remove/v1";
  /** Every name that is gone, CRI's own among them. */
  readonly removed: readonly string[];
}

/** The answer of `sandkube image save --output json`. */
export interface ImageSaveReport {
  readonly schema: "sandkube.dev/image-save/v1";
  /** The archive's absolute path. */
  readonly file: string;
  readonly bytes: number;
  readonly references: readonly string[];
}

/**
 * Lists the images of a node.
 *
 * @throws SandkubeError (notFound) where there is no node, (component) where containerd does not answer
 */
export async function listImages(name: string, stateDirectory: string, session: Session): Promise<ImageListReport> {
  const { containerd } = await nodeContainerd(name, stateDirectory, session);
  return { schema: "sandkube.dev/image-list/v1", images: nodeImages(await listStoredImages(containerd)) };
}

/**
 * Removes images from a node, and what they take on its disk.
 *
 * @throws SandkubeError (notFound) for a reference that is not there, (conflict) for an image that a pod uses, as well as those
 *   of {@link listImages}
 */
export async function removeImages(
  name: string,
  stateDirectory: string,
  references: readonly string[],
  session: Session,
): Promise<ImageRemoveReport> {
  const { spec, containerd } = await nodeContainerd(name, stateDirectory, session);
  const images = nodeImages(await listStoredImages(containerd));
  const wanted = requireImages(images, references);
  if (wanted.includes(spec.containerd.pauseImage)) {
    throw new SandkubeError({
      title: "The image is needed",
      message: `${spec.containerd.pauseImage} holds the namespaces of every pod, and is in no registry.`,
      exit: "conflict",
    });
  }
  await step(session.progress, "Looking for pods that use it", async () => {
    const kubeconfig = stateLayout(spec.stateDirectory).kubeconfig;
    using client = ApiClient.fromKubeconfig(await session.host.files.readText(kubeconfig));
    // One name of several may go while pods run the image.
    const users = usersOf(
      images.filter(({ references: names }) => names.length > 0 && names.every((one) => wanted.includes(one))),
      await client.json<PodList>("/api/v1/pods", { signal: session.signal }),
    );
    if (users.length === 0) return;
    throw new SandkubeError({
      title: "The image is in use",
      message: `These pods run it: ${users.join(", ")}.`,
      hint: "Delete them, or what makes them, first.",
      exit: "conflict",
    });
  });
  const removed = namesToRemove(images, wanted);
  await step(session.progress, "Removing", () => runCtr(containerd, ["remove", "--sync", ...removed]));
  return { schema: "sandkube.dev/image-remove/v1", removed };
}

/**
 * Writes images of a node to an archive that `load`, docker and podman read. A file of that name is replaced when the archive is whole.
 *
 * @throws SandkubeError (notFound) for a reference that is not there, (storage) where the file cannot be written, as well as
 *   those of {@link listImages}
 */
export async function saveImages(
  name: string,
  stateDirectory: string,
  references: readonly string[],
  path: string,
  session: Session,
): Promise<ImageSaveReport> {
  const { host, progress } = session;
  const { containerd } = await nodeContainerd(name, stateDirectory, session);
  const wanted = requireImages(nodeImages(await listStoredImages(containerd)), references);
  const file = isAbsolute(path) ? path : resolve(path);
  const partial = `${file}.partial`;
  try {
    await step(progress, `Writing ${file}`, async () => {
      // ctr would be told of a directory that is not there by a message that names the partial file alone.
      await host.files.write(partial, "");
      await runCtr(containerd, ["export", "--local", partial, ...wanted]);
      await host.files.rename(partial, file);
    });
  } catch (error) {
    await host.files.remove(partial).catch(() => undefined);
    session.signal.throwIfAborted();
    throw new SandkubeError({
      title: "The images could not be saved",
      message: `${file}: ${error instanceof Error ? error.message : String(error)}`,
      hint: "Name a file in a directory that you may write to, with room for the images.",
      exit: "storage",
      cause: error,
    });
  }
  const bytes = (await host.files.status(file))?.size ?? 0;
  return { schema: "sandkube.dev/image-save/v1", file, bytes, references: wanted };
}

function requireImages(images: readonly NodeImage[], references: readonly string[]): readonly string[] {
  const known = images.flatMap((image) => image.references);
  const message = "The node does not hold it. `sandkube image list` shows those that it does.";
  return references.map((reference) => {
    const full = normalizeReference(reference);
    if (!known.includes(full)) throw unknownName({ kind: "image", name: full, known, message, exit: "notFound" });
    return full;
  });
}

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly namespace: string; readonly name: string };
    readonly status?: {
      readonly phase?: string;
      readonly containerStatuses?: readonly { readonly imageID?: string }[];
      readonly initContainerStatuses?: readonly { readonly imageID?: string }[];
    };
  }[];
}

/** The pods that run one of the images, as NAMESPACE/NAME. Pure. */
export function usersOf(images: readonly NodeImage[], { items }: PodList): readonly string[] {
  // CRI says the digest of the configuration or, behind a name, that of the manifest.
  const ids = new Set(images.flatMap(({ aliases, digest }) => [...aliases, digest]));
  return items
    .filter(({ status }) => status?.phase === "Pending" || status?.phase === "Running")
    .filter(({ status }) =>
      [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].some(({ imageID = "" }) =>
        ids.has(imageID.split("@").at(-1) ?? ""),
      ),
    )
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
}
