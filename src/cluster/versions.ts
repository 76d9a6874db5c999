import { join } from "node:path";
import { catalogue } from "../artifacts/catalogue.ts";
import { readVersion } from "../artifacts/recipe.ts";
import { packageRoot } from "../host/package-root.ts";
import type { Session } from "./session.ts";

/** The answer of `sandkube version --output json`. */
export interface VersionReport {
  readonly schema: "sandkube.dev/version/v1";
  readonly sandkube: string;
  readonly node: string;
  readonly artifacts: readonly { readonly name: string; readonly version: string }[];
}

/** The version of sandkube and of everything it would run. */
export async function versions({ host }: Session): Promise<VersionReport> {
  const own = JSON.parse(await host.files.readText(join(packageRoot, "package.json"))) as { readonly version: string };
  return {
    schema: "sandkube.dev/version/v1",
    sandkube: own.version,
    node: process.versions.node,
    artifacts: await Promise.all(
      catalogue.map(async (artifact) => ({ name: artifact.name, version: await readVersion(artifact, host) })),
    ),
  };
}
