import type { ClusterMode } from "./cluster-spec.ts";
import type { Exhibit } from "./observation.ts";

/**
 * What came of a check. Only `proved` counts as a pass: "could not tell" and
 * "there is nothing of the kind here" are answers of their own.
 */
export type CheckOutcome = "proved" | "refuted" | "inconclusive" | "not-applicable";

/** What a check found, with the evidence. */
export interface CheckResult {
  readonly outcome: CheckOutcome;
  /** One sentence: what was seen, or why it could not be told. */
  readonly because: string;
  readonly exhibits: readonly Exhibit[];
}

/** A claim about the running cluster and what came of checking it, as reports show it. */
export interface CheckedClaim extends CheckResult {
  /** In kebab-case; part of the command line. */
  readonly id: string;
  /** What is claimed, as a sentence. */
  readonly claim: string;
  readonly durationMs: number;
}

/** What came of all checks: the answer of `sandkube verify`, and `verification.json` in the state directory. */
export interface Verification {
  readonly schema: "sandkube.dev/verify/v1";
  readonly cluster: string;
  readonly mode: ClusterMode;
  /** proved: every check that applies was proved; refuted: one was refuted; inconclusive: neither. */
  readonly verdict: "proved" | "refuted" | "inconclusive";
  readonly counts: Readonly<Record<CheckOutcome, number>>;
  readonly checks: readonly CheckedClaim[];
  /** What the checks made and could not remove again, and why; empty where all is as before. */
  readonly left: readonly string[];
  /** In UTC, as RFC 3339 has it. */
  readonly startedAt: string;
  readonly durationMs: number;
}
