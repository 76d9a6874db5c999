import { runsContainers, type ClusterMode } from "../contract/cluster-spec.ts";
import type { Plan } from "../contract/plan.ts";
import { step } from "../contract/progress.ts";
import type { Fidelity } from "../contract/remedy.ts";
import type { Rung } from "../contract/rung.ts";
import { ladder, rungOf } from "../plan/ladder.ts";
import { requireRemedies } from "./avoided-remedies.ts";
import { planOf, measureFacts, refusalOf, type RefusedRung } from "./choose-plan.ts";
import { loadFacts } from "./facts-file.ts";
import type { Session } from "./session.ts";

/** What the user asks of {@link planCluster}. */
export interface PlanRequest {
  /** The directory that a cluster's state would lie in. */
  readonly stateDirectory: string;
  /** Undefined: the fullest that the machine allows. */
  readonly mode: ClusterMode | undefined;
  /** Remedies that are not to be applied, by id. */
  readonly avoided: readonly string[];
  /** A file of saved facts to plan for in place of this machine. */
  readonly facts: string | undefined;
}

/** What `up` would do, and why. Schema sandkube.dev/plan/v1 (docs/schemas/plan.json). */
export interface PlanClusterReport {
  readonly schema: "sandkube.dev/plan/v1";
  /** Where the facts come from: null is this machine, measured now. */
  readonly facts: string | null;
  /** possible; uncertain: something of it could neither be judged nor met; impossible: no rung is left. */
  readonly verdict: "possible" | "uncertain" | "impossible";
  /** What would run; null where nothing would. */
  readonly rung: Rung | null;
  /** The fuller kinds of clusters that are passed over, and why. */
  readonly refused: readonly RefusedRung[];
  /** What would be done, a line each, in the order in which it is done. */
  readonly steps: readonly PlannedStep[];
  /** What stays as it is: something is lost, or could not be judged. */
  readonly accepted: readonly { readonly blocker: string; readonly title: string; readonly because: string }[];
}

/** A remedy that would be applied, and what for. */
export interface PlannedStep {
  readonly remedy: string;
  readonly title: string;
  readonly fidelity: Fidelity;
  readonly cost: string;
  readonly disclosure: string;
  readonly clears: readonly { readonly blocker: string; readonly title: string; readonly because: string }[];
  /** Remedies that would have come first, and why they do not. */
  readonly rejected: readonly { readonly remedy: string; readonly because: string }[];
}

/**
 * Says what `up` would do on this machine, or on the one whose facts were saved. Changes nothing.
 *
 * @throws SandkubeError (usage) for an unknown remedy; (notFound, storage) where the file of facts is not there or cannot be used
 */
export async function planCluster(request: PlanRequest, session: Session): Promise<PlanClusterReport> {
  requireRemedies(request.avoided);
  const facts =
    request.facts === undefined
      ? await step(session.progress, "Looking at this machine", () => measureFacts(request.stateDirectory, session))
      : await loadFacts(request.facts, session.host);
  const refused: RefusedRung[] = [];
  for (const rung of request.mode === undefined ? ladder : [rungOf(request.mode)]) {
    const plan = planOf(facts, rung.mode, { avoided: request.avoided });
    if (plan.unresolved.length === 0) return reportOf(plan, rung, refused, request);
    refused.push(refusalOf(plan, rung));
  }
  return { ...empty, facts: request.facts ?? null, refused };
}

const empty = {
  schema: "sandkube.dev/plan/v1",
  verdict: "impossible",
  rung: null,
  steps: [],
  accepted: [],
} as const;

function reportOf(plan: Plan, rung: Rung, refused: readonly RefusedRung[], request: PlanRequest): PlanClusterReport {
  const met = plan.blockers.flatMap(({ id, title, diagnosis, remedy, rejected, concerned }) =>
    diagnosis.verdict === "clear" || !concerned
      ? []
      : [{ blocker: id, title, because: diagnosis.because, remedy, rejected }],
  );
  const lostHere = runsContainers(plan.mode) ? met.filter(({ remedy }) => remedy === undefined) : [];
  return {
    ...empty,
    facts: request.facts ?? null,
    verdict: plan.uncertain.length === 0 ? "possible" : "uncertain",
    rung,
    refused,
    steps: plan.remedies.map((remedy) => {
      const its = met.filter((blocker) => blocker.remedy === remedy);
      return {
        remedy: remedy.id,
        title: remedy.title,
        fidelity: remedy.fidelity,
        cost: remedy.cost,
        disclosure: remedy.disclosure,
        clears: its.map(({ blocker, title, because }) => ({ blocker, title, because })),
        rejected: its.flatMap(({ rejected }) => rejected),
      };
    }),
    accepted: lostHere.map(({ blocker, title, because }) => ({ blocker, title, because })),
  };
}
