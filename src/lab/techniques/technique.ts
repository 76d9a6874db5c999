import type { Host } from "../../contract/host.ts";
import type { Remedy } from "../../contract/remedy.ts";
import { kubeletTunables } from "../../probes/kernel-tunables.ts";

/**
 * A remedy that the planner never chooses, because it fakes too much or does not
 * work: only the laboratory applies it, to show what comes of it.
 */
export interface Technique {
  /** Applied as any other remedy; it claims to clear nothing. */
  readonly remedy: Remedy;
  /**
   * Makes the files that it needs before the cluster starts.
   *
   * @param directory a directory of its own beside the state directory, removed with the run
   * @throws SandkubeError (unsupported) where this machine lacks what it takes
   */
  readonly prepare?: (host: Host, directory: string, signal: AbortSignal) => Promise<void>;
}

/** Where the files of the laboratory's techniques lie. */
export function techniqueDirectory(stateDirectory: string): string {
  return `${stateDirectory}.lab`;
}

/** Writes the kubelet's kernel settings as plain files, below `proc-sys` of a technique's directory. */
export async function writeSettings(host: Host, directory: string): Promise<void> {
  for (const [path, value] of Object.entries(kubeletTunables)) {
    await host.files.write(`${directory}/proc-sys/${path}`, `${String(value)}\n`);
  }
}

/** What every technique's remedy has in common. */
export const laboratoryOnly = {
  clears: [],
  fidelity: "stubbed",
  cost: "not for use: it is in the laboratory only",
  harmless: false,
  feasible: () => ({ verdict: "clear" }),
} as const satisfies Partial<Remedy>;
