import type { ClusterMode } from "../contract/cluster-spec.ts";

/** One run of the laboratory: a cluster with exactly these remedies in force, whatever the planner would choose. */
export interface Experiment {
  /** In kebab-case; `seed-NN` repeats an experiment of those that came before sandkube. */
  readonly id: string;
  readonly title: string;
  /** What it is to show. */
  readonly question: string;
  readonly mode: ClusterMode;
  /** Ids of remedies of the catalogue and of the laboratory's own techniques. */
  readonly remedies: readonly string[];
  /** How long a cluster that came up is kept and watched (seconds). */
  readonly holdSeconds: number;
}
