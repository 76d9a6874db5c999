import * as z from "zod";
import type { ArchiveContents } from "./archive-contents.ts";
import type { Architecture } from "./build-image.ts";

/** An image of an archive. */
export interface InspectedImage {
  /** Full names; empty where the archive gives it none. */
  readonly references: readonly string[];
  /** `sha256:...` of the config: the image's id in CRI and docker. */
  readonly id: string;
  /** `sha256:...` of its manifest or index; undefined in a docker-archive, for which containerd makes one. */
  readonly digest: string | undefined;
  /** Bytes of its config and layers as they stand in the archive. */
  readonly size: number;
}

/** Refuses an archive: the end of a sentence that starts with its path. */
export type Refuse = (because: string) => Error;

const platformSchema = z.object({ architecture: z.string(), os: z.string() });

/** The part of an image's config that is checked. */
export const configSchema = z.object({
  ...platformSchema.shape,
  rootfs: z.object({ diff_ids: z.array(z.string()) }),
});

/** Reads a JSON file of an archive. */
export function readJson<T>(contents: ArchiveContents, name: string, schema: z.ZodType<T>, refuse: Refuse): T {
  const file = contents.files.get(name);
  if (file === undefined) throw refuse(`is incomplete: ${name} is missing`);
  let value: unknown;
  try {
    if (file.start.byteLength !== file.size) throw new Error("it is too large or no JSON");
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(file.start));
  } catch (error) {
    throw refuse(`is damaged: ${name} cannot be read (${error instanceof Error ? error.message : String(error)})`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw refuse(`is damaged: ${name} is not as it should be (${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""})`);
}

/** Refuses an image that containers of this machine could not run. */
export function checkPlatform(
  config: z.infer<typeof platformSchema>,
  architecture: Architecture,
  refuse: Refuse,
): void {
  if (config.os === "linux" && config.architecture === architecture) return;
  throw refuse(`holds an image for ${config.os}/${config.architecture}, and this machine is linux/${architecture}`);
}
