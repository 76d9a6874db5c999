import { basename, join } from "node:path";
import type { Artifact } from "../contract/artifact.ts";
import type { Host } from "../contract/host.ts";
import { manifestName, printManifest, signatureOf, type Manifest } from "./manifest.ts";

/** What an entry says of its file besides what can be seen of it. */
export type EntryDescription = Pick<Manifest, "name" | "version" | "key" | "builtWith" | "madeAt" | "sha256"> &
  Pick<Artifact, "links">;

/** Finishes a directory that is to become an entry and holds the file already: adds its other names and the manifest. */
export async function sealEntry(directory: string, description: EntryDescription, { files }: Host): Promise<void> {
  const { links = [], ...said } = description;
  const path = join(directory, said.name);
  for (const link of links) await files.makeLink(basename(path), join(directory, link));
  const status = await files.status(path);
  if (status === undefined) throw new Error(`${path} vanished`);
  const manifest: Manifest = { schema: 1, ...said, size: status.size, verified: signatureOf(status) };
  await files.write(join(directory, manifestName), printManifest(manifest));
}
