import type { Diagnosis } from "./blocker.ts";
import type { ClusterMode } from "./cluster-spec.ts";
import type { ComponentName } from "./component-name.ts";
import type { Remedy } from "./remedy.ts";

/** A blocker that the facts show, and what is to be done about it. */
export interface PlannedBlocker {
  readonly id: string;
  readonly title: string;
  readonly stops: readonly ComponentName[];
  /** Whether it matters to the kind of cluster that is planned. */
  readonly concerned: boolean;
  readonly diagnosis: Diagnosis;
  /** The remedy chosen; undefined where none is needed or none is feasible. */
  readonly remedy: Remedy | undefined;
  /** Why each remedy that would have come first is not feasible. */
  readonly rejected: readonly { readonly remedy: string; readonly because: string }[];
}

/** What `up` will do on a machine, and why. */
export interface Plan {
  readonly mode: ClusterMode;
  /** Every blocker that was judged, clear ones too. */
  readonly blockers: readonly PlannedBlocker[];
  /** The remedies to apply, each once, in catalogue order. */
  readonly remedies: readonly Remedy[];
  /** Blockers that stop the mode and that nothing clears. */
  readonly unresolved: readonly PlannedBlocker[];
  /** Blockers of the mode that could not be judged and that no harmless remedy meets: it may fail there. */
  readonly uncertain: readonly PlannedBlocker[];
}
