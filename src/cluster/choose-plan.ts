import { blockers } from "../blockers/catalogue.ts";
import type { ClusterMode, Egress } from "../contract/cluster-spec.ts";
import type { Facts } from "../contract/observation.ts";
import type { Plan, PlannedBlocker } from "../contract/plan.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import type { Rung } from "../contract/rung.ts";
import { ladder, rungOf } from "../plan/ladder.ts";
import { makePlan, type PlanInputs } from "../plan/plan.ts";
import { probes } from "../probes/catalogue.ts";
import { defaultRoute } from "../probes/default-route.ts";
import { measureAll } from "../probes/measure-all.ts";
import { packetRules } from "../probes/packet-rules.ts";
import { resolver } from "../probes/resolver.ts";
import { resolverAnswers } from "../probes/resolver-answers.ts";
import { remedies } from "../remedies/catalogue.ts";
import type { Session } from "./session.ts";

/** Measures every fact about this machine. */
export function measureFacts(stateDirectory: string, { host, signal }: Session): Promise<Facts> {
  return measureAll(probes, { host, signal, subject: { stateDirectory } });
}

/** What is to be done on a machine, and what is not as asked. */
export interface ChosenPlan {
  readonly plan: Plan;
  readonly notes: readonly string[];
}

/** What is planned for besides the facts: remedies that do not come into question, and the components of add-ons. */
export type PlanWishes = Pick<PlanInputs, "failed" | "avoided" | "further">;

/** A kind of cluster that was passed over. */
export interface RefusedRung {
  readonly mode: ClusterMode;
  readonly title: string;
  readonly because: readonly string[];
}

/**
 * Plans for the mode that the user asked for or, where none was named, for the
 * fullest one that this machine allows.
 *
 * @throws SandkubeError (unsupported) where no mode is left, with every reason
 */
export function choosePlan(facts: Facts, wanted: ClusterMode | undefined, wishes: PlanWishes = {}): ChosenPlan {
  const refused: RefusedRung[] = [];
  for (const rung of wanted === undefined ? ladder : [rungOf(wanted)]) {
    const plan = planOf(facts, rung.mode, wishes);
    if (plan.unresolved.length === 0) {
      const avoided = avoidance(plan, wishes.avoided ?? []);
      return { plan, notes: refused.length === 0 ? avoided : [...avoided, ...stepDown(plan, refused)] };
    }
    refused.push(refusalOf(plan, rung));
  }
  throw cannot(refused);
}

/** The plan for one mode, possible or not, from sandkube's own catalogues. */
export function planOf(facts: Facts, mode: ClusterMode, wishes: PlanWishes = {}): Plan {
  return makePlan(facts, { blockers, remedies, mode, ...wishes });
}

/** Why a mode cannot run. */
export function refusalOf({ unresolved }: Plan, { mode, title }: Rung): RefusedRung {
  return { mode, title, because: reasons(unresolved) };
}

/** What was passed over because it is to be avoided, and what is done instead. */
function avoidance({ blockers: planned }: Plan, avoided: readonly string[]): string[] {
  return avoided.flatMap((id) => {
    const its = planned.filter(({ rejected }) => rejected.some(({ remedy }) => remedy === id));
    const instead = [...new Set(its.map(({ remedy }) => remedy?.id ?? "nothing"))];
    return its.length === 0 ? [] : [`The remedy ${id} is avoided, as asked; in its place: ${instead.join(", ")}.`];
  });
}

function stepDown({ mode }: Plan, refused: readonly RefusedRung[]): string[] {
  const { title, fidelity, disclosure } = rungOf(mode);
  const above = refused.map((rung) => `${rung.title} (${rung.because.join(" ")})`).join("; ");
  return [`This machine cannot run ${above}. So this is ${title}, which is ${fidelity}: ${disclosure}`];
}

/** The usual way for packets of pods to leave; remedies put another in its place where it does not work. */
export function usualEgress(facts: Facts): Egress {
  const route = facts.value(defaultRoute);
  if (!route) return { kind: "none", because: "this machine has no default route" };
  const iptables = facts.value(packetRules)?.variants[0]?.path ?? "iptables";
  return { kind: "masquerade", iptables, link: route.link };
}

/** The name servers that answer, or all of them where that was not measured. */
export function usualResolvers(facts: Facts): readonly string[] {
  const answers = facts.value(resolverAnswers)?.servers;
  if (answers === undefined) return facts.value(resolver)?.nameservers ?? [];
  return answers.filter(({ answered }) => answered).map(({ address }) => address);
}

function cannot(refused: readonly RefusedRung[]): SandkubeError {
  const last = refused.at(-1);
  return new SandkubeError({
    title: `This machine cannot run ${last?.title ?? "a cluster"}`,
    message: (last?.because ?? []).join("\n"),
    hint:
      last?.mode === "node"
        ? "`sandkube doctor` tells more; without --mode the fullest cluster that this machine allows is chosen."
        : "`sandkube doctor` tells more.",
    exit: "unsupported",
  });
}

function reasons(unresolved: readonly PlannedBlocker[]): string[] {
  return unresolved.map(({ title, diagnosis, rejected }) => {
    const because = diagnosis.verdict === "clear" ? "" : `: ${diagnosis.because}`;
    const tried = rejected.map(({ remedy, because: why }) => ` (${remedy}: ${why})`).join("");
    return `${title}${because}.${tried}`;
  });
}
