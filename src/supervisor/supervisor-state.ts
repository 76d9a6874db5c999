import * as z from "zod";
import { componentNames } from "../contract/component-name.ts";
import type { Files } from "../contract/host.ts";

const identity = z.object({ pid: z.int(), startTicks: z.number() });

const componentState = z.object({
  name: z.enum(componentNames),
  /**
   * waiting: for what comes before it; starting: runs, does not serve yet; ready; unhealthy: served once and does not
   * now; backing-off: ended, will be started again; stopped: ended because the cluster stops.
   */
  state: z.enum(["waiting", "starting", "ready", "unhealthy", "backing-off", "stopped"]),
  process: identity.optional(),
  restarts: z.int(),
  /** Starts in a row that ended before the component served. */
  failedStarts: z.int(),
  /** Why it is not ready. */
  because: z.string().optional(),
});

const span = z.object({ name: z.string(), start: z.number(), end: z.number().optional() });

/** What the supervisor says of itself, in `supervisor.json`. Times are milliseconds since the epoch. */
export const supervisorStateSchema = z.object({
  schemaVersion: z.literal(1),
  supervisor: identity,
  /** preparing: files, mounts and network; running; failed: `error` says why; stopping. */
  phase: z.enum(["preparing", "running", "failed", "stopping"]),
  error: z.object({ title: z.string(), message: z.string(), hint: z.string().optional() }).optional(),
  components: z.array(componentState),
  /** One-off work, such as the import of images: whether it is done. */
  tasks: z.array(z.object({ name: z.string(), done: z.boolean(), error: z.string().optional() })),
  /** What came of measuring again what each remedy was applied for, by the remedy's id. */
  proofs: z
    .record(z.string(), z.object({ outcome: z.enum(["proved", "refuted", "inconclusive"]), because: z.string() }))
    .optional(),
  /** What happened when, for the boot timeline. */
  timeline: z.array(span),
});

/** The supervisor's state. */
export type SupervisorState = z.infer<typeof supervisorStateSchema>;
/** One component in it. */
export type ComponentState = z.infer<typeof componentState>;
/** A stretch of the timeline. */
export type TimelineSpan = z.infer<typeof span>;

/** Reads the state; undefined where there is none or it is not whole. */
export async function readSupervisorState(path: string, files: Files): Promise<SupervisorState | undefined> {
  const text = await files.readTextIfPresent(path);
  if (text === undefined) return undefined;
  try {
    return supervisorStateSchema.parse(JSON.parse(text));
  } catch {
    return undefined; // written by another version; the supervisor's own record of processes is then of no use
  }
}
