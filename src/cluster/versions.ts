import { fileURLToPath } from "node:url";
import { z } from "zod";
import { listArtifacts } from "../artifacts/list-artifacts.ts";
import type { Session } from "./session.ts";

/** The answer of `sandkube version --output json`. */
export interface VersionReport {
  readonly schema: "sandkube.dev/version/v1";
  readonly sandkube: string;
  readonly node: string;
  readonly artifacts: readonly { readonly name: string; readonly version: string }[];
}

/** The version of sandkube and of everything it would run. */
export async function versions(session: Session): Promise<VersionReport> {
  const packagePath = fileURLToPath(new URL("../../package.json", import.meta.url));
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(await session.host.files.readText(packagePath)));
  const artifacts = await listArtifacts(session);
  return {
    schema: "sandkube.dev/version/v1",
    sandkube: version,
    node: process.versions.node,
    artifacts: artifacts.map(({ name, version: upstream }) => ({ name, version: upstream })),
  };
}
