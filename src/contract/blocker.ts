import type { ClusterMode } from "./cluster-spec.ts";
import type { ComponentName } from "./component-name.ts";
import type { Facts, Probe } from "./observation.ts";

/** A judgement over facts. */
export type Diagnosis =
  { readonly verdict: "clear" } | { readonly verdict: "blocked" | "unknown"; readonly because: string };

/** Judges facts, purely: which components would stop on this machine, and why. */
export interface Blocker {
  /** The file's name, in kebab-case. */
  readonly id: string;
  readonly title: string;
  readonly needs: readonly Probe<unknown>[];
  /** The components that stop; empty where something is lost but all of them run. */
  readonly stops: readonly ComponentName[];
  /** The kinds of cluster that it concerns. Default: those that have a component which stops; those that run containers where none does. */
  readonly modes?: readonly ClusterMode[];
  /** The upstream source that makes it a blocker. */
  readonly upstream: string;
  diagnose(facts: Facts): Diagnosis;
}
