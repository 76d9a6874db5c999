import type { Diagnosis } from "./blocker.ts";
import type { BinaryName, ClusterSpec } from "./cluster-spec.ts";
import type { Facts } from "./observation.ts";

/** How true to the real thing a remedy is. */
export type Fidelity = "exact" | "emulated" | "stubbed";

/**
 * Clears one or more blockers. A remedy changes the cluster's specification and
 * nothing else; what the specification asks for (mounts, files, rules) is made
 * by the supervisor inside the node's own mount namespace and is gone with it.
 */
export interface Remedy {
  /** The file's name, in kebab-case. */
  readonly id: string;
  readonly title: string;
  /** The ids of the blockers that it clears. */
  readonly clears: readonly string[];
  readonly fidelity: Fidelity;
  /** What it costs: memory, time, a feature. */
  readonly cost: string;
  /** Whether it does no damage where its blocker turns out not to be there; then "could not tell" is enough to apply it. */
  readonly harmless: boolean;
  /** What is not as it seems once it is applied. Printed in every report. */
  readonly disclosure: string;
  /** Binaries of its own that the cluster then needs. Default: none. */
  readonly binaries?: readonly BinaryName[];
  feasible(facts: Facts): Diagnosis;
  adjust(spec: ClusterSpec, facts: Facts): ClusterSpec;
}

/** What came of measuring again, where a remedy acts, what it was applied for. */
export interface RemedyProof {
  /** proved: nothing stops there any more; refuted: something still does; inconclusive: that could not be told. */
  readonly outcome: "proved" | "refuted" | "inconclusive";
  readonly because: string;
}

/** A remedy in force, and whether it was seen to work. */
export interface ProvedRemedy extends AppliedRemedy {
  readonly proved: RemedyProof;
}

/** A remedy that is in force, as reports show it. */
export interface AppliedRemedy {
  readonly id: string;
  readonly title: string;
  readonly fidelity: Fidelity;
  /** The ids of the blockers that it clears. */
  readonly clears: readonly string[];
  readonly cost: string;
  readonly disclosure: string;
}
