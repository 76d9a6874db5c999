import type { Host } from "../contract/host.ts";
import type { Progress } from "../contract/progress.ts";

/** What a command writes to and works with. `main` makes the real one. */
export interface CommandIo {
  readonly host: Host;
  /** The result. */
  readonly stdout: (text: string) => void;
  /** The story. */
  readonly stderr: (text: string) => void;
  /** Whether colour may be used, on each stream. */
  readonly colour: { readonly stdout: boolean; readonly stderr: boolean };
  readonly progress: Progress;
  /** Aborted by Ctrl-C, TERM and HUP. */
  readonly signal: AbortSignal;
  /** Sets the code that the command exits with when it did not fail but has one to pass on. */
  readonly exit: (code: number) => void;
}

/** How a result is written. */
export type OutputFormat = "text" | "json";

/** Writes a result: as JSON, or as the text that `render` makes of it. */
export function writeResult<T>(io: CommandIo, format: OutputFormat, result: T, render: (result: T) => string): void {
  io.stdout(format === "json" ? `${JSON.stringify(result, undefined, 2)}\n` : render(result));
}
