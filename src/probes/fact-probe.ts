import type * as z from "zod";
import type { Exhibit, Observation, Probe } from "../contract/observation.ts";

/** A probe whose value can be saved and read back. */
export interface FactProbe<T> extends Probe<T> {
  /** What a saved value has to look like. */
  readonly schema: z.ZodType<T>;
}

const longest = 2000;

/** A piece of evidence, shortened in the middle where it is long. */
export function exhibit(source: string, content: string): Exhibit {
  const text = content.trimEnd();
  if (text.length <= longest) return { source, content: text };
  const half = longest / 2;
  return {
    source,
    content: `${text.slice(0, half)}\n... (${String(text.length - longest)} more) ...\n${text.slice(-half)}`,
  };
}

/** An observation that holds a value. */
export function measured<T>(value: T, exhibits: readonly Exhibit[]): Observation<T> {
  return { kind: "measured", value, exhibits };
}

/** An observation that could not tell. */
export function inconclusive<T>(because: string, exhibits: readonly Exhibit[] = []): Observation<T> {
  return { kind: "inconclusive", because, exhibits };
}

/** The short reason of an error: its code where it has one (EACCES, ENOENT, ...). */
export function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code === "string") return code;
  return error instanceof Error ? error.message : String(error);
}
