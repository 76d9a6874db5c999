import { randomBytes } from "node:crypto";
import { ensureArtifacts } from "../artifacts/ensure-artifacts.ts";
import type { ClusterMode } from "../contract/cluster-spec.ts";
import { step } from "../contract/progress.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { unknownName } from "../contract/unknown-name.ts";
import type { Experiment } from "../lab/experiment.ts";
import { experimentsFor } from "../lab/experiments.ts";
import { choosePlan, measureFacts } from "./choose-plan.ts";
import { clusterArtifacts } from "./cluster-artifacts.ts";
import { runExperiment, type LabRun } from "./run-experiment.ts";
import { deleteSandbox, execInSandbox, makeSandbox, sandkubeInside } from "./sandboxes.ts";
import type { Session } from "./session.ts";
import { stateDirectoryOf } from "./state-directory.ts";

/** A machine on which experiments were run, and what came of them. */
export interface LabMachine {
  /** The gVisor version of the sandboxes that were made for it; null: the machine that the laboratory was started on. */
  readonly gvisor: string | null;
  /** What the planner chooses there. */
  readonly plan: { readonly mode: ClusterMode; readonly remedies: readonly string[] };
  readonly runs: readonly LabRun[];
}

/** The answer of `sandkube lab --output json`. Schema sandkube.dev/lab/v1 (docs/schemas/lab.json). */
export interface LabReport {
  readonly schema: "sandkube.dev/lab/v1";
  readonly machines: readonly LabMachine[];
}

/** What `sandkube lab --list` says: the experiments for this machine, which are not run. */
export interface LabListReport {
  readonly schema: "sandkube.dev/lab-list/v1";
  readonly plan: LabMachine["plan"];
  readonly experiments: readonly Experiment[];
}

/** Options of {@link lab}. */
export interface LabOptions {
  /** Ids of experiments; none: all. */
  readonly experiments: readonly string[];
  /** The gVisor versions to make sandboxes of; undefined: on this machine itself, sandbox or not. */
  readonly gvisor: readonly string[] | undefined;
  /** How long one cluster may take to come up (seconds). */
  readonly timeout: number;
  readonly supervisorCommand: (stateDirectory: string) => readonly [string, ...string[]];
}

/** The cluster of an experiment. Its name keeps it apart from the user's own. */
const clusterName = "lab";

/**
 * Runs each experiment, in a fresh gVisor sandbox of each version or, where no
 * version is given, on this machine, one after another.
 *
 * @throws SandkubeError (notFound) for an unknown experiment, and what makes an experiment impossible to try
 */
export async function lab(options: LabOptions, session: Session): Promise<LabReport> {
  const machines: LabMachine[] = [];
  if (options.gvisor === undefined) return { schema: "sandkube.dev/lab/v1", machines: [await here(options, session)] };
  await clusterArtifacts("node", session);
  await clusterArtifacts("simulated", session);
  await ensureArtifacts(["proc-sys-redirector"], session);
  for (const gvisor of options.gvisor) machines.push(await inSandboxes(gvisor, options, session));
  return { schema: "sandkube.dev/lab/v1", machines };
}

/** The experiments for this machine, by what the planner chooses on it. */
export async function labList(session: Session): Promise<LabListReport> {
  const facts = await step(session.progress, "Looking at this machine", () =>
    measureFacts(stateDirectoryOf(clusterName, session.host), session),
  );
  const { plan } = choosePlan(facts, undefined);
  const chosen = { mode: plan.mode, remedies: plan.remedies.map(({ id }) => id) };
  return { schema: "sandkube.dev/lab-list/v1", plan: chosen, experiments: experimentsFor(chosen) };
}

async function here(options: LabOptions, session: Session): Promise<LabMachine> {
  const { plan, experiments } = await labList(session);
  const runs: LabRun[] = [];
  for (const experiment of chosenOf(experiments, options.experiments)) {
    const run = await step(session.progress, `${experiment.id}: ${experiment.title}`, () =>
      runExperiment(
        experiment,
        {
          name: clusterName,
          stateDirectory: stateDirectoryOf(clusterName, session.host),
          timeout: options.timeout,
          supervisorCommand: options.supervisorCommand,
        },
        // Its own story is the experiment's: it is expected to fail.
        { ...session, progress: () => undefined },
      ),
    );
    runs.push(run);
    session.progress({ kind: "note", text: `${run.experiment}: ${outcomeOf(run)}` });
  }
  return { gvisor: null, plan, runs };
}

async function inSandboxes(gvisor: string, options: LabOptions, session: Session): Promise<LabMachine> {
  const list = await inFreshSandbox<LabListReport>(gvisor, ["lab", "--here", "--list"], session);
  const runs: LabRun[] = [];
  for (const { id, title } of chosenOf(list.experiments, options.experiments)) {
    const words = ["lab", "--here", id, "--timeout", `${String(options.timeout)}s`];
    const report = await step(session.progress, `gVisor ${gvisor}, ${id}: ${title}`, () =>
      inFreshSandbox<LabReport>(gvisor, words, { ...session, progress: () => undefined }),
    );
    const run = report.machines[0]?.runs[0];
    if (run === undefined) throw new Error(`the experiment ${id} gave no result`);
    runs.push(run);
    session.progress({ kind: "note", text: `${id}: ${outcomeOf(run)}` });
  }
  return { gvisor, plan: list.plan, runs };
}

/** Runs this same program in a new sandbox, which is gone afterwards, and reads its answer. */
async function inFreshSandbox<T>(gvisor: string, words: readonly string[], session: Session): Promise<T> {
  const name = `lab-${randomBytes(3).toString("hex")}`;
  await makeSandbox({ name, gvisor, profile: "agent", overlay: "none" }, session);
  try {
    const inner = await execInSandbox(name, sandkubeInside([...words, "--output", "json"]), {}, session);
    if (inner.exitCode === 0) return JSON.parse(inner.stdout) as T;
    throw new SandkubeError({
      title: `The laboratory failed in a sandbox of gVisor ${gvisor}`,
      message: `sandkube ${words.join(" ")} exited with code ${String(inner.exitCode)}.\n${inner.stderr.trim()}`,
      hint: `Try it by hand: sandkube sandbox create try --gvisor ${gvisor}`,
      exit: "component",
    });
  } finally {
    await deleteSandbox(name, {}, { ...session, signal: AbortSignal.timeout(60_000) });
  }
}

/** @throws SandkubeError (notFound) for an id that is none of the experiments' */
function chosenOf(experiments: readonly Experiment[], ids: readonly string[]): readonly Experiment[] {
  if (ids.length === 0) return experiments;
  return ids.map((id) => {
    const found = experiments.find((experiment) => experiment.id === id);
    if (found !== undefined) return found;
    const known = experiments.map((experiment) => experiment.id);
    throw unknownName({ kind: "experiment", name: id, known, exit: "notFound" });
  });
}

/** How far a run got, in a few words. Pure. */
export function outcomeOf({ stages, outcome, because, ranForMs }: LabRun): string {
  const last = stages.findLast(({ reachedMs }) => reachedMs !== null)?.stage ?? "nothing came up";
  const seconds = `${(ranForMs / 1000).toFixed(1)} s`;
  return outcome === "stopped" ? `${last}; ran for ${seconds}` : `${last}; ${outcome} after ${seconds}: ${because}`;
}
