import * as z from "zod";
import { clusterModes } from "../contract/cluster-spec.ts";
import type { Verification } from "../contract/check.ts";
import type { Files } from "../contract/host.ts";

const schema = z.object({
  schema: z.literal("sandkube.dev/verify/v1"),
  cluster: z.string(),
  mode: z.enum(clusterModes),
  verdict: z.enum(["proved", "refuted", "inconclusive"]),
  counts: z.object({
    proved: z.int(),
    refuted: z.int(),
    inconclusive: z.int(),
    "not-applicable": z.int(),
  }),
  checks: z.array(
    z.object({
      id: z.string(),
      claim: z.string(),
      outcome: z.enum(["proved", "refuted", "inconclusive", "not-applicable"]),
      because: z.string(),
      exhibits: z.array(z.object({ source: z.string(), content: z.string() })),
      durationMs: z.number(),
    }),
  ),
  left: z.array(z.string()),
  startedAt: z.iso.datetime(),
  durationMs: z.number(),
});

/**
 * Reads what `verify` found last; undefined where it was not run, and where the
 * file is not whole or of another version: it then proves nothing, and `verify`
 * writes another.
 */
export async function readVerification(path: string, files: Files): Promise<Verification | undefined> {
  const text = await files.readTextIfPresent(path);
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
