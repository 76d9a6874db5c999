import { blockers } from "../blockers/catalogue.ts";
import type { ClusterMode } from "../contract/cluster-spec.ts";
import type { Facts } from "../contract/observation.ts";
import type { Plan, PlannedBlocker } from "../contract/plan.ts";
import { step } from "../contract/progress.ts";
import type { RegistryAnswer } from "../contract/registry-answer.ts";
import type { Fidelity } from "../contract/remedy.ts";
import type { BlockerReport, FactReport, MachineSummary } from "../contract/report.ts";
import { makePlan } from "../plan/plan.ts";
import { probes } from "../probes/catalogue.ts";
import { cpus } from "../probes/cpus.ts";
import { gvisor } from "../probes/gvisor.ts";
import { kernel } from "../probes/kernel.ts";
import { memory } from "../probes/memory.ts";
import { rootFilesystem } from "../probes/root-filesystem.ts";
import { remedies } from "../remedies/catalogue.ts";
import { measureFacts } from "./choose-plan.ts";
import type { ClusterConfig } from "./cluster-options.ts";
import { loadFacts, saveFacts } from "./facts-file.ts";
import { askRegistries, registryRoutes } from "./registries.ts";
import type { Session } from "./session.ts";

/** Options of {@link runDoctor}. */
export interface DoctorOptions extends Session {
  /** The directory that a cluster's state would lie in. */
  readonly stateDirectory: string;
  readonly mode: ClusterMode;
  /** Facts of another machine, to be judged in place of this one's. */
  readonly facts?: Facts;
}

/** What the user asks of {@link doctor}. */
export interface DoctorRequest {
  readonly stateDirectory: string;
  readonly mode: ClusterMode;
  /** How the user says that registries are reached; they are asked. Not given: none is. */
  readonly registries?: NonNullable<ClusterConfig["registries"]>;
  /** Where to save the facts. */
  readonly save?: string;
  /** A file of saved facts to judge in place of this machine. */
  readonly facts?: string;
}

/** What was measured, what stops, and what would be done. Schema sandkube.dev/doctor/v1. */
export interface DoctorReport {
  readonly schema: "sandkube.dev/doctor/v1";
  readonly mode: ClusterMode;
  readonly machine: MachineSummary;
  readonly facts: readonly FactReport[];
  readonly blockers: readonly BlockerReport[];
  readonly plan: PlanReport;
  /** What the registries say, where they were asked. */
  readonly registries?: readonly RegistryAnswer[];
}

/** What `up` would do. */
export interface PlanReport {
  /** Whether the mode can run; "uncertain" where a blocker of it could neither be judged nor be met. */
  readonly verdict: "possible" | "uncertain" | "impossible";
  readonly remedies: readonly {
    readonly id: string;
    readonly title: string;
    readonly fidelity: Fidelity;
    readonly cost: string;
    readonly disclosure: string;
  }[];
  /** Ids of the blockers that stop the mode. */
  readonly unresolved: readonly string[];
  /** Ids of the blockers that could neither be judged nor be met. */
  readonly uncertain: readonly string[];
}

/**
 * {@link runDoctor}, with facts from a file and to a file, and with the registries. They are asked where that is wished only: a
 * silent one costs seconds, and no name is asked for outside unasked.
 */
export async function doctor(request: DoctorRequest, session: Session): Promise<DoctorReport> {
  const { stateDirectory, mode } = request;
  const saved = request.facts === undefined ? {} : { facts: await loadFacts(request.facts, session.host) };
  const routes = request.registries && (await registryRoutes(request.registries, session.host));
  const { report, facts } = await runDoctor({ ...session, stateDirectory, mode, ...saved });
  if (request.save !== undefined) await saveFacts(request.save, facts, session.host);
  if (routes === undefined) return report;
  const registries = await step(session.progress, "Asking registries", () => askRegistries(routes, session));
  return { ...report, registries };
}

/** Measures this machine, judges it and plans for it, and changes nothing. */
export async function runDoctor(
  options: DoctorOptions,
): Promise<{ readonly report: DoctorReport; readonly facts: Facts }> {
  const { stateDirectory, progress, mode } = options;
  const facts =
    options.facts ?? (await step(progress, "Looking at this machine", () => measureFacts(stateDirectory, options)));
  const plan = makePlan(facts, { blockers, remedies, mode });
  return { report: doctorReport(facts, plan), facts };
}

/** Says what was found and what would be done, in the form that `doctor --output json` prints. Pure. */
export function doctorReport(facts: Facts, plan: Plan): DoctorReport {
  return {
    schema: "sandkube.dev/doctor/v1",
    mode: plan.mode,
    machine: {
      kernel: facts.value(kernel)?.release ?? null,
      gvisor: facts.value(gvisor)?.present ?? null,
      cpus: facts.value(cpus)?.count ?? null,
      memoryBytes: facts.value(memory)?.totalBytes ?? null,
      rootFilesystem: facts.value(rootFilesystem)?.type ?? null,
    },
    facts: probes.map((probe) => {
      const observation = facts.of(probe);
      const outcome =
        observation.kind === "measured"
          ? { kind: observation.kind, value: observation.value }
          : { kind: observation.kind, because: observation.because };
      return { id: probe.id, title: probe.title, ...outcome, exhibits: observation.exhibits };
    }),
    blockers: plan.blockers.map(blockerReport),
    plan: planReport(plan),
  };
}

function blockerReport({ id, title, stops, diagnosis, remedy, rejected }: PlannedBlocker): BlockerReport {
  const judged = blockers.find((blocker) => blocker.id === id);
  return {
    id,
    title,
    ...diagnosis,
    stops,
    upstream: judged?.upstream ?? "",
    facts: (judged?.needs ?? []).map((probe) => probe.id),
    ...(remedy === undefined ? {} : { remedy: remedy.id }),
    rejected,
  };
}

function planReport(plan: Plan): PlanReport {
  const unresolved = plan.unresolved.map(({ id }) => id);
  const uncertain = plan.uncertain.map(({ id }) => id);
  return {
    verdict: unresolved.length > 0 ? "impossible" : uncertain.length > 0 ? "uncertain" : "possible",
    remedies: plan.remedies.map(({ id, title, fidelity, cost, disclosure }) => ({
      id,
      title,
      fidelity,
      cost,
      disclosure,
    })),
    unresolved,
    uncertain,
  };
}
