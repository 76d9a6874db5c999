import type { CheckResult } from "../contract/check.ts";
import { runsContainers, type ClusterSpec } from "../contract/cluster-spec.ts";
import type { ComponentName } from "../contract/component-name.ts";
import { componentNames } from "../contract/component-name.ts";
import type { Facts } from "../contract/observation.ts";
import type { Remedy } from "../contract/remedy.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { stateLayout } from "../contract/state-layout.ts";
import { ApiClient } from "../kube/api-client.ts";
import { nodeHealth } from "../kube/node-health.ts";
import { findEvidence, type EvidenceFound } from "../lab/evidence-lines.ts";
import type { Experiment } from "../lab/experiment.ts";
import { provePreload } from "../lab/preload-proof.ts";
import { techniques } from "../lab/techniques/catalogue.ts";
import { techniqueDirectory, type Technique } from "../lab/techniques/technique.ts";
import { remedies } from "../remedies/catalogue.ts";
import { supervisorLog } from "../supervisor/launch-supervisor.ts";
import { lastLines } from "../supervisor/component-log.ts";
import { readSupervisorState, type SupervisorState } from "../supervisor/supervisor-state.ts";
import { planOf, type ChosenPlan } from "./choose-plan.ts";
import { readClusterRecord } from "./cluster-record.ts";
import { down } from "./down.ts";
import { runPod } from "./run-pod.ts";
import type { Session } from "./session.ts";
import { up } from "./up.ts";

/** How far a cluster of the laboratory got, in the order in which it gets there. */
export const labStages = [
  "control plane ready",
  "runtime ready",
  "node registered",
  "node Ready",
  "pod answered",
] as const;

/** One of {@link labStages}. */
export type LabStage = (typeof labStages)[number];

/** What came of one {@link Experiment} on one machine. */
export interface LabRun {
  readonly experiment: string;
  readonly title: string;
  readonly question: string;
  readonly mode: Experiment["mode"];
  readonly remedies: readonly string[];
  /** When each stage was reached, in milliseconds after the supervisor's start; null where it was not. */
  readonly stages: readonly { readonly stage: LabStage; readonly reachedMs: number | null }[];
  /** From the supervisor's start to a ready API server (milliseconds). */
  readonly apiReadyMs: number | null;
  /** How long the cluster ran before it was stopped or could not go on (milliseconds). */
  readonly ranForMs: number;
  /** stopped: it ran until the laboratory stopped it; ended: a component ended again and again; failed: it did not start; late: the time ran out first. */
  readonly outcome: "stopped" | "ended" | "failed" | "late";
  readonly because: string;
  readonly evidence: readonly EvidenceFound[];
  /** What a technique shows besides. */
  readonly proof: CheckResult | null;
}

/** Options of {@link runExperiment}. */
export interface RunExperimentOptions {
  readonly name: string;
  readonly stateDirectory: string;
  /** How long it may take to come up (seconds). */
  readonly timeout: number;
  readonly supervisorCommand: (stateDirectory: string) => readonly [string, ...string[]];
}

/** A component that ends this many times before it ever serves does so for good. */
const hopelessStarts = 2;
const interval = 200;

/**
 * Runs one experiment on this machine: starts a cluster with exactly its
 * remedies, watches how far it gets, reads the logs, and removes it.
 *
 * @throws SandkubeError where the machine cannot even try, and what `down` throws
 */
export async function runExperiment(
  experiment: Experiment,
  options: RunExperimentOptions,
  session: Session,
): Promise<LabRun> {
  const { host, signal } = session;
  const { name, stateDirectory } = options;
  const directory = techniqueDirectory(stateDirectory);
  const used = techniques.filter(({ remedy }) => experiment.remedies.includes(remedy.id));
  try {
    for (const { prepare } of used) await prepare?.(host, directory, signal);
    const watch = new Watch(host.clock.monotonic());
    try {
      await up(
        {
          config: { name, stateDirectory, mode: experiment.mode },
          wait: false,
          retain: true,
          supervisorCommand: options.supervisorCommand,
          choose: (facts) => exactPlan(experiment, facts),
        },
        session,
      );
      const record = await readClusterRecord(stateDirectory, host);
      if (record === undefined) throw new Error("up left no record");
      watch.start = host.clock.monotonic();
      await follow(record.spec, experiment, options.timeout * 1000, watch, session);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof SandkubeError)) throw error;
      watch.end = { outcome: "failed", because: `${error.title}: ${firstLine(error.message)}` };
    }
    return await resultOf(experiment, used, watch, stateDirectory, session);
  } finally {
    const record = await readClusterRecord(stateDirectory, host).catch(() => undefined);
    const cleaning = { ...session, signal: AbortSignal.timeout(60_000) };
    if (record !== undefined) await down(name, stateDirectory, { keepState: false }, cleaning);
    await host.files.remove(directory);
  }
}

/** The plan that an experiment asks for, whether or not it can work. */
function exactPlan(experiment: Experiment, facts: Facts): ChosenPlan {
  const all: readonly Remedy[] = [...remedies, ...techniques.map(({ remedy }) => remedy)];
  const wanted = all.filter(({ id }) => experiment.remedies.includes(id));
  return {
    plan: { ...planOf(facts, experiment.mode), remedies: wanted, unresolved: [], uncertain: [] },
    notes: [],
  };
}

/** What is seen of a run while it goes on. */
class Watch {
  start: number;
  readonly reached = new Map<LabStage, number>();
  end: { readonly outcome: LabRun["outcome"]; readonly because: string } | undefined;
  ranFor = 0;

  constructor(start: number) {
    this.start = start;
  }

  reach(stage: LabStage, now: number): void {
    if (!this.reached.has(stage)) this.reached.set(stage, Math.round(now - this.start));
  }
}

/** Looks until nothing more can come of it: it cannot go on, or it did all and was held for as long as asked. */
async function follow(
  spec: ClusterSpec,
  experiment: Experiment,
  timeout: number,
  watch: Watch,
  session: Session,
): Promise<void> {
  const { host, signal } = session;
  const { clock } = host;
  const layout = stateLayout(spec.stateDirectory);
  const last: LabStage = runsContainers(spec.mode) ? "pod answered" : "control plane ready";
  let because = "";
  for (;;) {
    await clock.sleep(interval, signal);
    const now = clock.monotonic();
    watch.ranFor = now - watch.start;
    const state = await readSupervisorState(layout.supervisorState, host.files);
    watch.end = await hopeless(state, spec, watch, session);
    if (watch.end !== undefined) return;
    if (state !== undefined) because = await look(state, spec, watch, session);
    const done = watch.reached.get(last);
    if (done !== undefined && watch.ranFor - done >= experiment.holdSeconds * 1000) {
      watch.end = { outcome: "stopped", because: "the laboratory stopped it" };
      return;
    }
    if (done === undefined && watch.ranFor >= timeout) {
      const lines = because === "" ? await lastLines(supervisorLog(spec.stateDirectory), 1) : [because];
      watch.end = { outcome: "late", because: lines[0] ?? "nothing was seen of it" };
      return;
    }
  }
}

async function hopeless(
  state: SupervisorState | undefined,
  spec: ClusterSpec,
  watch: Watch,
  { host }: Session,
): Promise<Watch["end"]> {
  const layout = stateLayout(spec.stateDirectory);
  if (state === undefined) {
    // A mount that is refused ends the script that would have become the supervisor.
    const remedy = await host.files.readTextIfPresent(layout.failedRemedy);
    if (remedy === undefined) return undefined;
    const lines = await lastLines(supervisorLog(spec.stateDirectory), 1);
    return { outcome: "failed", because: `the mounts of ${remedy} could not be made: ${lines[0] ?? ""}` };
  }
  if (state.error !== undefined) {
    const { title, message } = state.error;
    return { outcome: "failed", because: `${title}: ${firstLine(message)}` };
  }
  const dying = state.components.find(({ failedStarts }) => failedStarts >= hopelessStarts);
  // How far the control plane gets does not hang on the node.
  const ofNode = dying?.name === "kubelet" || dying?.name === "containerd";
  if (dying === undefined || (ofNode && !watch.reached.has("control plane ready"))) return undefined;
  const lines = await lastLines(`${layout.logs}/${dying.name}.log`, 1);
  return { outcome: "ended", because: `${dying.name} ${dying.because ?? "ended"}: ${lines[0] ?? ""}` };
}

/** Marks the stages that have been reached; returns what the next one waits for. */
async function look(state: SupervisorState, spec: ClusterSpec, watch: Watch, session: Session): Promise<string> {
  const { host, signal } = session;
  const isReady = (name: ComponentName): boolean =>
    state.components.some((component) => component.name === name && component.state === "ready");
  const now = (): number => host.clock.monotonic();
  if (isReady("containerd")) watch.reach("runtime ready", now());
  for (const name of ["kine", "kube-apiserver", "kube-controller-manager", "kube-scheduler"] as const) {
    if (!isReady(name)) return `${name} is not ready`;
  }
  watch.reach("control plane ready", now());
  if (!runsContainers(spec.mode)) return "";
  const text = await host.files.readText(stateLayout(spec.stateDirectory).kubeconfig);
  using client = ApiClient.fromKubeconfig(text);
  const nodes = await client.json<{ readonly items: readonly unknown[] }>("/api/v1/nodes", { signal });
  if (nodes.items.length === 0) return "no node has registered";
  watch.reach("node registered", now());
  const health = await nodeHealth(client, spec.nodeName, signal);
  if (!health.ok) return `the node is not Ready: ${health.because}`;
  watch.reach("node Ready", now());
  const unfinished = state.tasks.find(({ name, done }) => name === "images" && !done);
  if (unfinished !== undefined) return `images: ${unfinished.error ?? "under way"}`;
  if (watch.reached.has("pod answered")) return "";
  try {
    await runPod(stateLayout(spec.stateDirectory).kubeconfig, session);
    watch.reach("pod answered", now());
    return "";
  } catch (error) {
    signal.throwIfAborted();
    return `the pod did not answer: ${error instanceof Error ? firstLine(error.message) : String(error)}`;
  }
}

async function resultOf(
  experiment: Experiment,
  used: readonly Technique[],
  watch: Watch,
  stateDirectory: string,
  { host, signal }: Session,
): Promise<LabRun> {
  const layout = stateLayout(stateDirectory);
  const logs = new Map<ComponentName, string>();
  for (const name of componentNames) {
    const text = await host.files.readTextIfPresent(`${layout.logs}/${name}.log`);
    if (text !== undefined) logs.set(name, text);
  }
  const state = await readSupervisorState(layout.supervisorState, host.files);
  const preloads = used.some(({ remedy }) => remedy.id === "preloaded-library");
  return {
    experiment: experiment.id,
    title: experiment.title,
    question: experiment.question,
    mode: experiment.mode,
    remedies: experiment.remedies,
    stages: labStages.map((stage) => ({ stage, reachedMs: watch.reached.get(stage) ?? null })),
    apiReadyMs: apiReady(state),
    ranForMs: Math.round(watch.ranFor),
    outcome: watch.end?.outcome ?? "failed",
    because: watch.end?.because ?? "",
    evidence: findEvidence(logs),
    proof: preloads
      ? await provePreload(`${layout.programs}/kubelet`, techniqueDirectory(stateDirectory), host, signal)
      : null,
  };
}

/** The API server's own start, which a tracer slows down and nothing else of the machine does. */
function apiReady(state: SupervisorState | undefined): number | null {
  const span = state?.timeline.find(({ name }) => name === "kube-apiserver");
  const served = state?.components.some(({ name, failedStarts }) => name === "kube-apiserver" && failedStarts === 0);
  return span?.end === undefined || served !== true ? null : span.end - span.start;
}

function firstLine(text: string): string {
  return text.trim().split("\n")[0] ?? "";
}
