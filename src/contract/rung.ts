import type { ClusterMode } from "./cluster-spec.ts";
import type { Fidelity } from "./remedy.ts";

/** A kind of cluster, and how true it is to a real one. */
export interface Rung {
  readonly mode: ClusterMode;
  readonly title: string;
  readonly fidelity: Fidelity;
  /** What is not as it seems, or not there. Printed in every report. */
  readonly disclosure: string;
}
