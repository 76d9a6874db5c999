import { arch } from "node:process";
import { catalogue } from "../artifacts/catalogue.ts";
import { goArchitecture } from "../artifacts/build-flags.ts";
import { loadedImagesEntryName, loadedImagesFileName } from "../artifacts/loaded-images.ts";
import { loadedEntryName } from "../artifacts/locate-artifact.ts";
import { readRecipe } from "../artifacts/recipe.ts";
import type { ArtifactContext } from "../contract/artifact.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { carriedNodeImagesKey } from "../images/node-images.ts";
import type { BundleManifest, BundleMember } from "./bundle-manifest.ts";
import { invalidBundle } from "./invalid-bundle.ts";
import type { EntryOfMember } from "./store-bundle.ts";

/** The entry of a member, or why this sandkube has no use for it. */
type Judgement = { readonly entry: EntryOfMember } | { readonly because: string };

/**
 * Which entry of the cache each member of a bundle becomes. A member that this sandkube would make of something else is
 * of no use to it, and then the whole bundle is not: `up` would find too little.
 *
 * @param own the version of this sandkube
 * @throws SandkubeError (unsupported) for a bundle of another architecture; (artifact) for one of another sandkube, with all
 *   that does not match
 */
export async function entriesOfMembers(
  manifest: BundleManifest,
  name: string,
  own: string,
  context: ArtifactContext,
): Promise<ReadonlyMap<BundleMember, EntryOfMember>> {
  const machine = goArchitecture(arch);
  if (manifest.architecture !== machine) {
    throw new SandkubeError({
      title: "The bundle is for other machines",
      message: `${name} holds programs for ${manifest.architecture}, and this machine is ${machine}. The cache is as it was.`,
      hint: `Make one on a machine that is ${machine}: \`sandkube bundle create FILE\`.`,
      exit: "unsupported",
    });
  }
  const entries = new Map<BundleMember, EntryOfMember>();
  const mismatches: string[] = [];
  const taken = new Set<string>();
  for (const member of manifest.members) {
    const judged = await judge(member, manifest, context);
    if ("because" in judged) {
      mismatches.push(judged.because);
      continue;
    }
    if (taken.has(judged.entry.entryName)) throw invalidBundle(name, `is damaged: ${member.path} is there twice`);
    taken.add(judged.entry.entryName);
    entries.set(member, judged.entry);
  }
  if (mismatches.length === 0) return entries;
  const made = `${name} was made by sandkube ${manifest.sandkube}, this is sandkube ${own}, and these do not match`;
  throw new SandkubeError({
    title: "The bundle is of another sandkube",
    message: `${[`${made}:`, ...mismatches].join("\n  ")}\nThe cache is as it was.`,
    hint: "Make the bundle again with the sandkube that is to use it: `sandkube bundle create FILE`. Or use the one that made it.",
    exit: "artifact",
  });
}

async function judge(
  member: BundleMember,
  { members, madeAt }: BundleManifest,
  context: ArtifactContext,
): Promise<Judgement> {
  if (member.kind === "binary") {
    const { name, version, recipe, builtWith, builtAt } = member;
    const artifact = (context.catalogue ?? catalogue).find((candidate) => candidate.name === name);
    if (artifact === undefined) return { because: `${name} ${version}: this sandkube knows no such program` };
    const current = await readRecipe(artifact, context.host);
    if (current.digest !== recipe) {
      return {
        because:
          current.version === version
            ? `${name} ${version}: this sandkube builds it from other sources or in another way`
            : `${name} ${version}: this sandkube needs ${current.version}`,
      };
    }
    const { links } = artifact;
    const described = {
      name,
      version: current.version,
      builtWith,
      madeAt: builtAt,
      ...(links === undefined ? {} : { links }),
    };
    return { entry: { entryName: loadedEntryName(current), ...described } };
  }
  const described = {
    name: loadedImagesFileName(member.kind),
    version: member.references.join(" "),
    builtWith: "sandkube",
  };
  if (member.kind === "image") {
    // When it came here, and not when it was made: of two archives that name an image the one loaded last wins.
    const now = new Date(context.host.clock.now()).toISOString();
    return { entry: { entryName: loadedImagesEntryName("image", member.sha256), ...described, madeAt: now } };
  }
  const pause = members.find((other) => other.kind === "binary" && other.name === "pause")?.sha256 ?? "";
  if (carriedNodeImagesKey(pause) !== member.recipe) {
    return { because: "the images that every node starts with: this sandkube makes them in another way" };
  }
  return { entry: { entryName: loadedImagesEntryName("node-images", member.recipe), ...described, madeAt } };
}
