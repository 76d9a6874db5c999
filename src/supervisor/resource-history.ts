import * as z from "zod";
import type { Files } from "../contract/host.ts";

const usage = z.object({ rssBytes: z.number(), cpuMs: z.number() });

const sample = z.object({
  /** Milliseconds since the epoch, at the end of the stretch that the sample stands for. */
  at: z.number(),
  /** By the name of the process; what did not run is not in it. */
  usage: z.record(z.string(), usage),
});

const historySchema = z.object({
  schemaVersion: z.literal(1),
  /** When the first sample's stretch began, in milliseconds since the epoch. */
  startedAt: z.number(),
  /** The length of the stretches (milliseconds). */
  stretchMs: z.number(),
  samples: z.array(sample),
});

/** What the processes of a cluster used over time: `resources.json` in the state directory. */
export type ResourceHistory = z.infer<typeof historySchema>;
/** One sample of it. */
export type ResourceSample = z.infer<typeof sample>;

/** The most samples that are kept: some 70 kB with nine processes. */
export const mostSamples = 240;

/** A history that begins now. */
export function emptyHistory(startedAt: number, stretchMs: number): ResourceHistory {
  return { schemaVersion: 1, startedAt, stretchMs, samples: [] };
}

/**
 * Adds a sample. Samples of one stretch become one; where there are too many,
 * every two neighbours become one and stretches are twice as long from then on,
 * so that the whole life is covered evenly by a file that does not grow. Pure.
 */
export function addSample(history: ResourceHistory, next: ResourceSample): ResourceHistory {
  const { startedAt, stretchMs, samples } = history;
  const stretchOf = ({ at }: ResourceSample): number => Math.floor((at - startedAt) / stretchMs);
  const last = samples.at(-1);
  if (last !== undefined && stretchOf(last) === stretchOf(next)) {
    return { ...history, samples: [...samples.slice(0, -1), merge(last, next)] };
  }
  if (samples.length < mostSamples) return { ...history, samples: [...samples, next] };
  const longer = emptyHistory(startedAt, stretchMs * 2);
  return [...samples, next].reduce(addSample, longer);
}

/** One sample of two: the higher memory, so that no peak is lost, and the later total of processor time. */
function merge(before: ResourceSample, after: ResourceSample): ResourceSample {
  const usage = { ...before.usage };
  for (const [name, { rssBytes, cpuMs }] of Object.entries(after.usage)) {
    usage[name] = { rssBytes: Math.max(rssBytes, before.usage[name]?.rssBytes ?? 0), cpuMs };
  }
  return { at: after.at, usage };
}

/** Reads a history; undefined where there is none or it is not whole. */
export async function readResourceHistory(path: string, files: Files): Promise<ResourceHistory | undefined> {
  const text = await files.readTextIfPresent(path);
  if (text === undefined) return undefined;
  try {
    return historySchema.parse(JSON.parse(text));
  } catch {
    return undefined; // damaged, or written by another version: a report does without
  }
}
