import type { Host } from "../contract/host.ts";
import type { Progress } from "../contract/progress.ts";

/** What every use case works with. */
export interface Session {
  readonly host: Host;
  readonly progress: Progress;
  /** Aborted by Ctrl-C and by the command's own time limit. */
  readonly signal: AbortSignal;
}
