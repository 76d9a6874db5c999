import { blockers } from "../blockers/catalogue.ts";
import type { Blocker, Diagnosis } from "../contract/blocker.ts";
import type { Facts } from "../contract/observation.ts";
import { step } from "../contract/progress.ts";
import type { Fidelity, Remedy } from "../contract/remedy.ts";
import type { SandkubeError } from "../contract/sandkube-error.ts";
import { unknownName } from "../contract/unknown-name.ts";
import { remedies } from "../remedies/catalogue.ts";
import { measureFacts } from "./choose-plan.ts";
import { loadFacts } from "./facts-file.ts";
import { history, wants } from "./history.ts";
import type { Session } from "./session.ts";

/** What the user asks of {@link explain}. */
export interface ExplainRequest {
  /** A blocker's or a remedy's id. */
  readonly id: string;
  readonly stateDirectory: string;
  /** A file of saved facts to judge in place of this machine. */
  readonly facts: string | undefined;
}

/** All about a blocker or a remedy. Schema sandkube.dev/explain/v1 (docs/schemas/explain.json). */
export type ExplainReport = BlockerExplanation | RemedyExplanation;

/** All about a blocker. */
export interface BlockerExplanation {
  readonly schema: "sandkube.dev/explain/v1";
  readonly kind: "blocker";
  readonly id: string;
  readonly title: string;
  /** What Kubernetes wants. */
  readonly wants: string;
  /** The components that stop; empty where something is lost and all of them run. */
  readonly stops: readonly string[];
  readonly upstream: string;
  /** The probes whose facts decide. */
  readonly probes: readonly string[];
  /** What is here; null where no facts were asked for. */
  readonly here: Diagnosis | null;
  /** In the order in which they are tried. */
  readonly remedies: readonly RemedyOutline[];
  /** What the experiments before sandkube found; null where they did not meet it. */
  readonly history: string | null;
}

/** A remedy in a few words. */
export interface RemedyOutline {
  readonly id: string;
  readonly title: string;
  readonly fidelity: Fidelity;
  readonly cost: string;
  readonly disclosure: string;
  /** Whether it can be applied here; null where no facts were asked for. */
  readonly feasible: Diagnosis | null;
}

/** All about a remedy. */
export interface RemedyExplanation extends RemedyOutline {
  readonly schema: "sandkube.dev/explain/v1";
  readonly kind: "remedy";
  readonly clears: readonly { readonly id: string; readonly title: string; readonly here: Diagnosis | null }[];
  readonly history: string | null;
}

/** Every blocker and remedy, by id. Schema sandkube.dev/explain-list/v1 (docs/schemas/explain-list.json). */
export interface ExplainListReport {
  readonly schema: "sandkube.dev/explain-list/v1";
  readonly blockers: readonly { readonly id: string; readonly title: string }[];
  readonly remedies: readonly { readonly id: string; readonly title: string; readonly fidelity: Fidelity }[];
}

/** Lists what can be explained. */
export function explainList(): ExplainListReport {
  return {
    schema: "sandkube.dev/explain-list/v1",
    blockers: blockers.map(({ id, title }) => ({ id, title })),
    remedies: remedies.map(({ id, title, fidelity }) => ({ id, title, fidelity })),
  };
}

/**
 * Explains a blocker or a remedy, and what it is like on this machine.
 *
 * @throws SandkubeError (notFound) for an unknown id, with the nearest
 */
export async function explain(request: ExplainRequest, session: Session): Promise<ExplainReport> {
  requireKnown(request.id);
  const facts =
    request.facts === undefined
      ? await step(session.progress, "Looking at this machine", () => measureFacts(request.stateDirectory, session))
      : await loadFacts(request.facts, session.host);
  return explanationOf(request.id, facts);
}

/** The explanation alone; without facts it says nothing about a machine. Pure. */
export function explanationOf(id: string, facts?: Facts): ExplainReport {
  const blocker = blockers.find((candidate) => candidate.id === id);
  if (blocker !== undefined) return blockerExplanation(blocker, facts);
  const remedy = remedies.find((candidate) => candidate.id === id);
  if (remedy === undefined) throw unknown(id);
  return {
    schema: "sandkube.dev/explain/v1",
    kind: "remedy",
    ...outline(remedy, facts),
    clears: blockers
      .filter((candidate) => remedy.clears.includes(candidate.id))
      .map((candidate) => ({ id: candidate.id, title: candidate.title, here: judged(candidate, facts) })),
    history: history[id] ?? null,
  };
}

function blockerExplanation(blocker: Blocker, facts: Facts | undefined): BlockerExplanation {
  const order: readonly Fidelity[] = ["exact", "emulated", "stubbed"];
  return {
    schema: "sandkube.dev/explain/v1",
    kind: "blocker",
    id: blocker.id,
    title: blocker.title,
    wants: wants[blocker.id] ?? "",
    stops: blocker.stops,
    upstream: blocker.upstream,
    probes: blocker.needs.map((probe) => probe.id),
    here: judged(blocker, facts),
    remedies: remedies
      .filter(({ clears }) => clears.includes(blocker.id))
      .sort((a, b) => order.indexOf(a.fidelity) - order.indexOf(b.fidelity))
      .map((remedy) => outline(remedy, facts)),
    history: history[blocker.id] ?? null,
  };
}

function judged(blocker: Blocker, facts: Facts | undefined): Diagnosis | null {
  return facts === undefined ? null : blocker.diagnose(facts);
}

function outline(remedy: Remedy, facts: Facts | undefined): RemedyOutline {
  const { id, title, fidelity, cost, disclosure } = remedy;
  return { id, title, fidelity, cost, disclosure, feasible: facts === undefined ? null : remedy.feasible(facts) };
}

function requireKnown(id: string): void {
  if (!known().includes(id)) throw unknown(id);
}

function known(): readonly string[] {
  return [...blockers, ...remedies].map(({ id }) => id);
}

function unknown(id: string): SandkubeError {
  const message = "`sandkube explain --list` names them all.";
  return unknownName({ kind: "blocker or remedy", name: id, known: known(), message, exit: "notFound" });
}
