import type { ArtifactContext } from "../contract/artifact.ts";
import { runsContainers, type BinaryName, type ClusterMode, type ClusterSpec } from "../contract/cluster-spec.ts";
import type { Remedy } from "../contract/remedy.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { bundleHint } from "../artifacts/bundle-hint.ts";
import { ensureArtifacts } from "../artifacts/ensure-artifacts.ts";
import { findLoadedImages, findLoadedNodeImages } from "../artifacts/loaded-images.ts";
import { artifactOf } from "../artifacts/locate-artifact.ts";
import { readRecipe } from "../artifacts/recipe.ts";
import { ensureSystemPackages } from "../artifacts/system-packages.ts";
import type { Addon } from "../distributions/addons.ts";
import { kubernetesBinaries } from "../distributions/kubernetes.ts";
import type { CachedArchive } from "../images/image-cache.ts";
import { carriedNodeImagesKey, ensureNodeImages } from "../images/node-images.ts";
import { pauseReference } from "../images/pause-image.ts";

/** What a cluster runs, all of it on this machine. */
export interface ClusterArtifacts {
  readonly binaries: ClusterSpec["binaries"];
  readonly kubernetesVersion: string;
  readonly pauseImage: string;
  readonly images: readonly string[];
}

/**
 * Finds or makes the binaries and images of a mode, and the binaries of add-ons.
 *
 * @throws SandkubeError where one cannot be had
 */
export async function clusterArtifacts(
  mode: ClusterMode,
  context: ArtifactContext,
  addons: readonly Addon[] = [],
): Promise<ClusterArtifacts> {
  const names = [...kubernetesBinaries(mode), ...addons.flatMap(({ binaries }) => binaries)];
  const paths = await ensureArtifacts(runsContainers(mode) ? [...names, "pause"] : names, context);
  const { version: kubernetesVersion } = await readRecipe(artifactOf("kubernetes", context), context.host);
  const binaries = Object.fromEntries(names.map((name) => [name, paths.get(name) ?? ""])) as Record<BinaryName, string>;
  if (!runsContainers(mode)) return { binaries, kubernetesVersion, pauseImage: pauseReference, images: [] };
  const own = await nodeImages(paths.get("pause") ?? "", context);
  const loaded = (await findLoadedImages(context)).map(({ path }) => path);
  return { binaries, kubernetesVersion, pauseImage: pauseReference, images: [own.path, ...loaded] };
}

/**
 * The archive of the images that every node starts with: out of a bundle where one brought it, for then no busybox has to be
 * on this machine.
 */
export async function nodeImages(pause: string, context: ArtifactContext): Promise<CachedArchive> {
  const key = carriedNodeImagesKey(await context.host.files.sha256(pause));
  const loaded = await findLoadedNodeImages(key, context);
  if (loaded !== undefined) return { path: loaded.path, references: loaded.manifest.version.split(" ") };
  return ensureNodeImages({ pause, busybox: await busybox(context) }, context);
}

/**
 * Finds or makes the binaries that a remedy needs of its own.
 *
 * @throws SandkubeError where one cannot be had
 */
export async function remedyBinaries(
  { binaries = [] }: Remedy,
  context: ArtifactContext,
): Promise<Partial<ClusterSpec["binaries"]>> {
  return Object.fromEntries(await ensureArtifacts(binaries, context));
}

/** The static busybox that the busybox image is made of; Debian's package is installed where it may be. */
async function busybox(context: ArtifactContext): Promise<string> {
  const { commands } = context.host;
  const found = await commands.find("busybox");
  if (found !== undefined) return found;
  await ensureSystemPackages(["busybox-static"], context);
  const installed = await commands.find("busybox");
  if (installed !== undefined) return installed;
  throw new SandkubeError({
    title: "busybox is missing",
    message: "The busybox image is made of a static busybox, and none is on the PATH.",
    hint: `Install it: apt-get install busybox-static. ${bundleHint}`,
    exit: "unsupported",
  });
}
