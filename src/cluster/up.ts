import { networkInterfaces } from "node:os";
import type { ClusterMode, ClusterSpec } from "../contract/cluster-spec.ts";
import type { Plan } from "../contract/plan.ts";
import type { AppliedRemedy } from "../contract/remedy.ts";
import { step } from "../contract/progress.ts";
import { stateLayout } from "../contract/state-layout.ts";
import { applyPlan } from "../plan/plan.ts";
import { launchSupervisor } from "../supervisor/launch-supervisor.ts";
import { readSupervisorState, type SupervisorState } from "../supervisor/supervisor-state.ts";
import { choosePorts } from "./choose-ports.ts";
import { lockCluster } from "./cluster-lock.ts";
import { defaultClusterName, type ClusterConfig } from "./cluster-options.ts";
import { readClusterRecord, writeClusterRecord, type ClusterRecord } from "./cluster-record.ts";
import { clusterArtifacts } from "./cluster-artifacts.ts";
import { stopCluster } from "./down.ts";
import { choosePlan, measureFacts, usualEgress } from "./choose-plan.ts";
import { makeSpec } from "./make-spec.ts";
import type { Session } from "./session.ts";
import { makeStateDirectory, stateDirectoryOf } from "./state-directory.ts";
import { waitForCluster } from "./wait-for-cluster.ts";

/** A stretch of the boot, in milliseconds after `up` began. */
export interface TimelineEntry {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number | null;
}

/** The answer of `sandkube up --output json` (docs/schemas/up.json). */
export interface UpReport {
  readonly schema: "sandkube.dev/up/v1";
  /** ready: the node is Ready and system checks pass; started: `--wait` was off; unchanged: it ran already. */
  readonly verdict: "ready" | "started" | "unchanged";
  readonly cluster: string;
  readonly mode: ClusterMode;
  readonly kubernetesVersion: string;
  readonly kubeconfig: string;
  readonly server: string;
  readonly remedies: readonly AppliedRemedy[];
  /** What is not here, or not as asked: a mode that was stepped down from, a port that was taken. */
  readonly notes: readonly string[];
  readonly timeline: readonly TimelineEntry[];
}

/** Options of {@link up}. */
export interface UpOptions {
  /** What the config file and the flags say together. */
  readonly config: ClusterConfig;
  /** Whether to return only when the cluster is usable. */
  readonly wait: boolean;
  /** Leaves what there is when the cluster does not come up, for a look at it. */
  readonly retain: boolean;
  /** The program and arguments that run {@link supervise} for a state directory. */
  readonly supervisorCommand: (stateDirectory: string) => readonly [string, ...string[]];
}

/** Seconds that `up` may take where the user does not say. Most of it is reserve for slow machines. */
const defaultTimeout = 180;

/**
 * Brings a cluster up, or finds that it is. What fails half-way is undone.
 *
 * @throws SandkubeError: conflict while another command works on it, unsupported where the machine cannot,
 *   component where one does not start, timeout
 */
export async function up(options: UpOptions, session: Session): Promise<UpReport> {
  const { host } = session;
  const { config } = options;
  const name = config.name ?? defaultClusterName;
  const stateDirectory = config.stateDirectory ?? stateDirectoryOf(name, host);
  const timeline = new Timeline(host.clock.now());
  await using _lock = await lockCluster(name, stateDirectory, host);

  const record = await readClusterRecord(stateDirectory, host);
  const running = await runningSupervisor(stateDirectory, session);
  if (record !== undefined && running?.phase === "running") {
    // Another `up` may have been killed while it waited; what it started is the same cluster.
    if (options.wait) await waitForCluster(record.spec, options, timeoutOf(config), session);
    return report("unchanged", record.spec, record.remedies, [], timeline.entries([]));
  }
  if (record !== undefined) await stopCluster(record.spec, { keepState: true }, session, () => undefined);

  await makeStateDirectory(stateDirectory, host);
  const { spec, remedies, notes } = await prepare(name, stateDirectory, record, config, timeline, session).catch(
    async (error: unknown) => {
      // Nothing has been started and nothing written; a directory that is not empty holds a kept state.
      await host.files.removeDirectory(stateDirectory).catch(() => undefined);
      throw error;
    },
  );
  try {
    await step(session.progress, `Starting Kubernetes ${spec.kubernetesVersion} (${spec.mode})`, async (detail) => {
      await launchSupervisor(spec, options.supervisorCommand(stateDirectory), host);
      if (options.wait) await waitForCluster(spec, options, timeoutOf(config), session, detail);
    });
  } catch (error) {
    if (!options.retain) await undo(spec, record !== undefined, session);
    throw error;
  }
  const state = await readSupervisorState(stateLayout(stateDirectory).supervisorState, host.files);
  return report(options.wait ? "ready" : "started", spec, remedies, notes, timeline.entries(state?.timeline ?? []));
}

/** Everything before the first process: looks, plans, finds the binaries, and writes the record. */
async function prepare(
  name: string,
  stateDirectory: string,
  record: ClusterRecord | undefined,
  config: ClusterConfig,
  timeline: Timeline,
  session: Session,
): Promise<{
  readonly spec: ClusterSpec;
  readonly remedies: readonly AppliedRemedy[];
  readonly notes: readonly string[];
}> {
  const { host } = session;
  const facts = await timeline.measure("probes", () =>
    step(session.progress, "Looking at this machine", () => measureFacts(stateDirectory, session)),
  );
  const { plan, notes } = choosePlan(facts, config.mode);
  for (const note of notes) session.progress({ kind: "warning", text: note });
  const artifacts = await timeline.measure("artifacts", () => clusterArtifacts(plan.mode, session));
  const chosen = await choosePorts(config.api?.port, host);
  for (const note of chosen.notes) session.progress({ kind: "note", text: note });
  const spec = applyPlan(
    plan,
    makeSpec({
      name,
      mode: plan.mode,
      stateDirectory,
      config,
      ports: chosen.ports,
      ...artifacts,
      images: [...artifacts.images, ...(config.images ?? [])],
      egress: usualEgress(facts),
      localAddresses: localAddresses(),
      previous: record?.spec,
    }),
    facts,
  );
  const remedies = plan.remedies.map(describeRemedy);
  await writeClusterRecord({ createdAt: record?.createdAt ?? host.clock.now(), spec, remedies }, host);
  return { spec, remedies, notes: [...notes, ...chosen.notes] };
}

function timeoutOf(config: ClusterConfig): number {
  return (config.timeout ?? defaultTimeout) * 1000;
}

async function runningSupervisor(stateDirectory: string, { host }: Session): Promise<SupervisorState | undefined> {
  const state = await readSupervisorState(stateLayout(stateDirectory).supervisorState, host.files);
  return state !== undefined && (await host.processes.isAlive(state.supervisor)) ? state : undefined;
}

/** Cleans up with a time of its own: the session's signal may be what ended `up`. */
async function undo(spec: ClusterSpec, keepState: boolean, session: Session): Promise<void> {
  await step(session.progress, "Undoing", (detail) =>
    stopCluster(spec, { keepState }, { ...session, signal: AbortSignal.timeout(30_000) }, detail),
  );
}

function report(
  verdict: UpReport["verdict"],
  spec: ClusterSpec,
  remedies: readonly AppliedRemedy[],
  notes: readonly string[],
  timeline: readonly TimelineEntry[],
): UpReport {
  return {
    schema: "sandkube.dev/up/v1",
    verdict,
    cluster: spec.name,
    mode: spec.mode,
    kubernetesVersion: spec.kubernetesVersion,
    kubeconfig: stateLayout(spec.stateDirectory).kubeconfig,
    server: `https://${spec.api.bindAddress === "0.0.0.0" ? spec.api.advertiseAddress : spec.api.bindAddress}:${String(spec.ports.api)}`,
    remedies,
    notes,
    timeline,
  };
}

function describeRemedy({ id, title, fidelity, clears, cost, disclosure }: Plan["remedies"][number]): AppliedRemedy {
  return { id, title, fidelity, clears: [...clears], cost, disclosure };
}

function localAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address));
}

/** Collects what happened when, on one clock. */
class Timeline {
  readonly #start: number;
  readonly #entries: TimelineEntry[] = [];

  constructor(start: number) {
    this.#start = start;
  }

  async measure<T>(name: string, work: () => Promise<T>): Promise<T> {
    const start = Date.now();
    try {
      return await work();
    } finally {
      this.#entries.push({ name, startMs: start - this.#start, endMs: Date.now() - this.#start });
    }
  }

  entries(spans: SupervisorState["timeline"]): readonly TimelineEntry[] {
    const relative = spans.map(({ name, start, end }) => ({
      name,
      startMs: start - this.#start,
      endMs: end === undefined ? null : end - this.#start,
    }));
    return [...this.#entries, ...relative];
  }
}
