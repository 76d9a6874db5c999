import * as z from "zod";
import type { ClusterSpec } from "../contract/cluster-spec.ts";
import type { Host } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { stateLayout } from "../contract/state-layout.ts";

/** Raised when an older sandkube could not read what this one writes. */
const schemaVersion = 1;

const recordSchema = z.object({
  schemaVersion: z.literal(schemaVersion),
  /** Milliseconds since the epoch. */
  createdAt: z.number(),
  spec: z.custom<ClusterSpec>(
    (value) => typeof value === "object" && value !== null && "id" in value && "name" in value,
  ),
  remedies: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      fidelity: z.enum(["exact", "emulated", "stubbed"]),
      clears: z.array(z.string()).readonly(),
      cost: z.string(),
      disclosure: z.string(),
    }),
  ),
  /** How `up` went before the supervisor began; absent in records of before there were reports. */
  boot: z
    .object({
      /** When `up` began, in milliseconds since the epoch. */
      startedAt: z.number(),
      /** Its own part of the timeline; the supervisor's is in its state. */
      timeline: z.array(z.object({ name: z.string(), startMs: z.number(), endMs: z.number().nullable() })),
      notes: z.array(z.string()),
      /** Remedies that were tried and did not work, by id, and why. */
      failed: z.record(z.string(), z.string()),
      /** Remedies that the user did not want, by id. */
      avoided: z.array(z.string()).optional(),
    })
    .optional(),
});

/** What is remembered of a cluster: `cluster.json` in its state directory. */
export type ClusterRecord = z.infer<typeof recordSchema>;

/** Writes the record. */
export async function writeClusterRecord(record: Omit<ClusterRecord, "schemaVersion">, host: Host): Promise<void> {
  const path = stateLayout(record.spec.stateDirectory).record;
  await host.files.write(path, JSON.stringify({ schemaVersion, ...record }, undefined, 2), { mode: 0o600 });
}

/**
 * Reads the record of a state directory; undefined where there is no cluster.
 *
 * @throws SandkubeError (conflict) where a newer version wrote it, (storage) where it is damaged
 */
export async function readClusterRecord(stateDirectory: string, host: Host): Promise<ClusterRecord | undefined> {
  const path = stateLayout(stateDirectory).record;
  let text: string | undefined;
  try {
    text = await host.files.readTextIfPresent(path);
  } catch (error) {
    throw new SandkubeError({
      title: "The cluster's record cannot be read",
      message: `${path}: ${(error as Error).message}`,
      hint: "Run the command as the user who made the cluster, which for a node is root.",
      exit: "storage",
      cause: error,
    });
  }
  if (text === undefined) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw damaged(path, "it is not JSON", error);
  }
  const version = (parsed as { schemaVersion?: unknown } | null)?.schemaVersion;
  if (typeof version === "number" && version > schemaVersion) {
    throw new SandkubeError({
      title: "The state is from a newer sandkube",
      message: `${path} has schema version ${String(version)}; this sandkube knows ${String(schemaVersion)}.`,
      hint: "Use the sandkube that made the cluster, or another --state-dir.",
      exit: "conflict",
    });
  }
  const result = recordSchema.safeParse(parsed);
  if (!result.success) throw damaged(path, z.prettifyError(result.error), result.error);
  return result.data;
}

/**
 * Reads the record of a cluster that has to exist.
 *
 * @throws SandkubeError (notFound) where it does not
 */
export async function requireClusterRecord(name: string, stateDirectory: string, host: Host): Promise<ClusterRecord> {
  const record = await readClusterRecord(stateDirectory, host);
  if (record !== undefined) return record;
  throw new SandkubeError({
    title: `There is no cluster "${name}"`,
    message: `${stateDirectory} holds none.`,
    hint: "`sandkube up` makes one; `--name` and `--state-dir` choose which.",
    exit: "notFound",
  });
}

function damaged(path: string, because: string, cause: unknown): SandkubeError {
  return new SandkubeError({
    title: "The cluster's record is damaged",
    message: `${path}: ${because}`,
    hint: "Restore the file; or end the processes that have SANDKUBE_CLUSTER in their environment (supervisor.json beside it lists them) and remove the directory.",
    exit: "storage",
    cause,
  });
}
