import * as z from "zod";

/** The first entry of a bundle. */
export const bundleManifestName = "bundle.json";

/** The format that this program writes, and the only one it reads. */
const bundleSchema = "sandkube.dev/bundle/v1";

/** Bytes that a manifest may have; a real one has some 5 KB. */
export const manifestLimit = 4 * 2 ** 20;

const member = z.strictObject({
  /** Where it stands in the archive. Nothing is ever written to this path. */
  path: z.string().regex(/^(binaries|images)\/[A-Za-z0-9][\w.+-]{0,200}$/, "a plain path such as binaries/kine"),
  /** Bytes. */
  size: z.int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** What makes it, all in all (SHA-256, hex): a sandkube that would make another has no use for it. */
const recipe = z.string().regex(/^[0-9a-f]{64}$/);
const references = z.array(z.string().regex(/^\S{1,500}$/)).min(1);

const schema = z.strictObject({
  schema: z.literal(bundleSchema),
  /** The version of the sandkube that made it. */
  sandkube: z.string(),
  /** Go's name of the processor that the binaries are for. */
  architecture: z.string(),
  /** ISO 8601. */
  madeAt: z.string(),
  members: z
    .array(
      z.discriminatedUnion("kind", [
        z.strictObject({
          kind: z.literal("binary"),
          ...member.shape,
          name: z.string().min(1),
          version: z.string().min(1),
          recipe,
          builtWith: z.string(),
          /** ISO 8601. */
          builtAt: z.string(),
        }),
        /** The archive of the images that every node starts with. */
        z.strictObject({ kind: z.literal("node-images"), ...member.shape, recipe, references }),
        /** An image archive of the user's. */
        z.strictObject({ kind: z.literal("image"), ...member.shape, references }),
      ]),
    )
    .min(1)
    .max(1000)
    .refine((members) => isUnique(members.map(({ path }) => path)), "a path that is there twice"),
});

/** What a bundle says of itself (bundle.json). */
export type BundleManifest = z.infer<typeof schema>;

/** One file of a bundle besides its manifest. */
export type BundleMember = BundleManifest["members"][number];

/** A manifest of this program's own format. */
export function makeManifest(manifest: Omit<BundleManifest, "schema">): BundleManifest {
  return { schema: bundleSchema, ...manifest };
}

/** A manifest as the bytes that stand in the bundle. */
export function printManifest(manifest: BundleManifest): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(manifest, undefined, 2)}\n`);
}

/**
 * Reads a manifest.
 *
 * @param refuse makes the error: the end of a sentence that starts with the bundle's name
 */
export function parseManifest(bytes: Uint8Array, refuse: (because: string) => Error): BundleManifest {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw refuse(`is damaged: ${bundleManifestName} is no JSON`);
  }
  const format = z.object({ schema: z.string() }).safeParse(value).data?.schema;
  if (format !== bundleSchema) {
    throw refuse(`is of the format ${JSON.stringify(format ?? "none")}, and this sandkube reads ${bundleSchema}`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join(".") ?? "";
  throw refuse(`is damaged: ${bundleManifestName} is not as it should be (${where}: ${issue?.message ?? ""})`);
}

function isUnique(values: readonly string[]): boolean {
  return new Set(values).size === values.length;
}
