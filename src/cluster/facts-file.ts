import * as z from "zod";
import type { Host } from "../contract/host.ts";
import { Facts, type Observation } from "../contract/observation.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { probes } from "../probes/catalogue.ts";

/** Raised whenever an older program would misread a file. */
const schemaVersion = 1;

const exhibitSchema = z.object({ source: z.string(), content: z.string() });

const observationSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("measured"), value: z.unknown(), exhibits: z.array(exhibitSchema) }),
  z.object({ kind: z.literal("inconclusive"), because: z.string(), exhibits: z.array(exhibitSchema) }),
]);

const fileSchema = z.object({
  schema: z.literal("sandkube.dev/facts/v1"),
  schemaVersion: z.literal(schemaVersion),
  /** When it was measured, in ISO 8601. */
  recordedAt: z.string(),
  facts: z.record(z.string(), observationSchema),
});

/** Saves what the probes found. It holds no secret: no probe looks at the value of a variable. */
export async function saveFacts(path: string, facts: Facts, host: Host): Promise<void> {
  const content: z.input<typeof fileSchema> = {
    schema: "sandkube.dev/facts/v1",
    schemaVersion,
    recordedAt: new Date(host.clock.now()).toISOString(),
    facts: Object.fromEntries([...facts.entries()].map(([id, observation]) => [id, writable(observation)])),
  };
  try {
    await host.files.write(path, `${JSON.stringify(content, undefined, 2)}\n`);
  } catch (error) {
    throw new SandkubeError({
      title: "The facts could not be saved",
      message: `${path}: ${error instanceof Error ? error.message : String(error)}`,
      hint: "Name a file in a directory that you may write to.",
      exit: "storage",
      cause: error,
    });
  }
}

/**
 * Reads saved facts. Those of probes that this version does not have are left
 * out; those it has and the file has not are inconclusive.
 *
 * @throws SandkubeError where there is no such file, or it is not one, broken, or from a newer version
 */
export async function loadFacts(path: string, host: Host): Promise<Facts> {
  const text = await readFile(path, host);
  return parseFacts(text, path);
}

/** Reads the text of a file of facts; the path is for messages. */
export function parseFacts(text: string, path: string): Facts {
  const content = parseJson(text, path);
  refuseNewer(content, path);
  const parsed = fileSchema.safeParse(content);
  if (!parsed.success) throw broken(path, z.prettifyError(parsed.error));
  const observations = new Map<string, Observation<unknown>>();
  for (const probe of probes) {
    const saved = parsed.data.facts[probe.id];
    if (saved === undefined) continue;
    if (saved.kind === "inconclusive") {
      observations.set(probe.id, saved);
      continue;
    }
    const value = probe.schema.safeParse(saved.value);
    if (!value.success) throw broken(path, `the fact ${probe.id} is not as expected:\n${z.prettifyError(value.error)}`);
    observations.set(probe.id, { kind: "measured", value: value.data, exhibits: saved.exhibits });
  }
  if (observations.size === 0) throw broken(path, "it holds no fact that this version knows");
  return new Facts(observations);
}

async function readFile(path: string, host: Host): Promise<string> {
  let text: string | undefined;
  try {
    text = await host.files.readTextIfPresent(path);
  } catch (error) {
    throw broken(path, error instanceof Error ? error.message : String(error));
  }
  if (text !== undefined) return text;
  throw new SandkubeError({
    title: "There is no such file of facts",
    message: `${path} does not exist.`,
    hint: "Make one with: sandkube doctor --save FILE",
    exit: "notFound",
  });
}

function parseJson(text: string, path: string): unknown {
  if (text.trim() === "") throw broken(path, "it is empty");
  try {
    return JSON.parse(text);
  } catch (error) {
    const truncated = !text.trimEnd().endsWith("}");
    const reason = error instanceof Error ? error.message : String(error);
    throw broken(path, truncated ? `it ends too early (${reason})` : `it is not JSON (${reason})`);
  }
}

function refuseNewer(content: unknown, path: string): void {
  const version = z.object({ schemaVersion: z.int() }).safeParse(content);
  if (!version.success || version.data.schemaVersion <= schemaVersion) return;
  throw new SandkubeError({
    title: "The file of facts is from a newer version",
    message: `${path} has schema version ${String(version.data.schemaVersion)}, and this version reads up to ${String(schemaVersion)}.`,
    hint: "Use the version of sandkube that wrote it, or a newer one.",
    exit: "storage",
  });
}

function broken(path: string, because: string): SandkubeError {
  return new SandkubeError({
    title: "The file of facts cannot be read",
    message: `${path}: ${because}`,
    hint: "Make a new one with: sandkube doctor --save FILE",
    exit: "storage",
  });
}

function writable(observation: Observation<unknown>): z.input<typeof observationSchema> {
  const exhibits = observation.exhibits.map(({ source, content }) => ({ source, content }));
  return observation.kind === "measured"
    ? { kind: "measured", value: observation.value, exhibits }
    : { kind: "inconclusive", because: observation.because, exhibits };
}
