import { digestOf } from "../artifacts/recipe.ts";
import type { ArtifactContext } from "../contract/artifact.ts";
import { buildImages } from "./build-image.ts";
import { askBusybox, busyboxImage } from "./busybox-image.ts";
import { ensureArchive, formatRevision, type CachedArchive } from "./image-cache.ts";
import { pauseImage } from "./pause-image.ts";

const describedBusybox = busyboxImage("busybox", { banner: "", version: "", applets: [] });

/**
 * What makes an archive of node images that comes from another machine (SHA-256, hex): this program's part and the pause
 * binary. Whose busybox is in it does not matter.
 *
 * @param pause the SHA-256 of the binary
 */
export function carriedNodeImagesKey(pause: string): string {
  return digestOf({ pause: [pause, pauseImage("pause")], busybox: describedBusybox, formatRevision });
}

/**
 * The images every node starts with, so that pods run without a registry: pause
 * and, where its binary is given, busybox. They are one archive, because each
 * import costs a process.
 *
 * @param binaries the paths of static binaries on this machine
 * @throws SandkubeError (storage) where the cache cannot be written to; (artifact) where a binary is not usable
 */
export async function ensureNodeImages(
  binaries: { readonly pause: string; readonly busybox?: string },
  context: ArtifactContext,
): Promise<CachedArchive> {
  const { host, signal } = context;
  const { pause, busybox } = binaries;
  // The descriptions stand for this program's part, the hashes for the binaries; paths differ from machine to machine.
  const key = digestOf({
    pause: [await host.files.sha256(pause), pauseImage("pause")],
    busybox: busybox !== undefined && [await host.files.sha256(busybox), describedBusybox],
  });
  return ensureArchive(
    {
      name: busybox === undefined ? "pause" : "pause-and-busybox",
      key,
      build: async (path) => {
        const images = [pauseImage(pause)];
        if (busybox !== undefined) images.push(busyboxImage(busybox, await askBusybox(host, busybox, signal)));
        return buildImages(host, images, path);
      },
    },
    context,
  );
}
