import own from "../../package.json" with { type: "json" };
import { catalogue } from "../artifacts/catalogue.ts";
import { readVersion } from "../artifacts/recipe.ts";
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
  return {
    schema: "sandkube.dev/version/v1",
    sandkube: own.version,
    node: process.versions.node,
    artifacts: await Promise.all(
      catalogue.map(async (artifact) => ({ name: artifact.name, version: await readVersion(artifact, host) })),
    ),
  };
}
