import { networkInterfaces } from "node:os";
import {
  runsContainers,
  type AddonName,
  type ClusterMode,
  type ClusterSpec,
  type RegistryRoute,
} from "../contract/cluster-spec.ts";
import type { Facts } from "../contract/observation.ts";
import type { Plan } from "../contract/plan.ts";
import type { AppliedRemedy, ProvedRemedy } from "../contract/remedy.ts";
import type { TimelineEntry } from "../contract/report.ts";
import { step } from "../contract/progress.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { stateLayout } from "../contract/state-layout.ts";
import type { Rung } from "../contract/rung.ts";
import { addonsOf } from "../distributions/addons.ts";
import { rungOf } from "../plan/ladder.ts";
import { applyPlan } from "../plan/plan.ts";
import { defaultRoute } from "../probes/default-route.ts";
import { launchSupervisor } from "../supervisor/launch-supervisor.ts";
import { readSupervisorState, type SupervisorState } from "../supervisor/supervisor-state.ts";
import { addonSettings, requireAddons, requireModeFor, requireRunningAddons } from "./addons.ts";
import { requireRemedies } from "./avoided-remedies.ts";
import { choosePorts } from "./choose-ports.ts";
import { lockCluster } from "./cluster-lock.ts";
import { defaultClusterName, type ClusterConfig } from "./cluster-options.ts";
import { readClusterRecord, writeClusterRecord, type ClusterRecord } from "./cluster-record.ts";
import { stopCluster } from "./down.ts";
import { measureFacts, usualEgress, usualResolvers, type ChosenPlan } from "./choose-plan.ts";
import { saveFacts } from "./facts-file.ts";
import { planWithArtifacts } from "./plan-artifacts.ts";
import { makeSpec } from "./make-spec.ts";
import { namedProxy, reachableProxy } from "./pod-proxy.ts";
import { withProofs } from "./proved-remedies.ts";
import { proxyNote } from "./proxy-note.ts";
import type { Session } from "./session.ts";
import { credentialNotes, registryRoutes } from "./registries.ts";
import { makeStateDirectory, stateDirectoryOf } from "./state-directory.ts";
import { waitForCluster } from "./wait-for-cluster.ts";

/** The answer of `sandkube up --output json` (docs/schemas/up.json). */
export interface UpReport {
  readonly schema: "sandkube.dev/up/v1";
  /** ready: the node is Ready and system checks pass; started: `--wait` was off; unchanged: it ran already. */
  readonly verdict: "ready" | "started" | "unchanged";
  readonly cluster: string;
  readonly mode: ClusterMode;
  /** How true to a real cluster this mode is, and what is not as it seems. */
  readonly rung: Rung;
  readonly kubernetesVersion: string;
  readonly kubeconfig: string;
  readonly server: string;
  readonly remedies: readonly ProvedRemedy[];
  /** What runs besides the cluster itself, because it was asked for. */
  readonly addons: readonly AddonName[];
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
  /** Makes the plan in the place of the planner, as the laboratory does. Not given: the fullest that the machine allows. */
  readonly choose?: (facts: Facts) => ChosenPlan;
  /** The program and arguments that run {@link supervise} for a state directory. */
  readonly supervisorCommand: (stateDirectory: string) => readonly [string, ...string[]];
}

/** Seconds that `up` may take where the user does not say. Most of it is reserve for slow machines. */
const defaultTimeout = 180;

/**
 * Brings a cluster up, or finds that it is. What fails half-way is undone.
 *
 * @throws SandkubeError: usage for an unknown remedy or add-on, conflict while another command works on it or where it runs in another mode or without an add-on,
 *   unsupported where the machine cannot,
 *   component where one does not start, timeout
 */
export async function up(options: UpOptions, session: Session): Promise<UpReport> {
  const { host } = session;
  const { config } = options;
  requireRemedies(config.avoidRemedies ?? []);
  const addons = requireAddons(config.addons ?? []);
  if (config.mode !== undefined) requireModeFor(addons, config.mode);
  namedProxy(config.network?.podProxy, host.environment); // so that what is wrong with it is said before anything is built
  const registries = await registryRoutes(config.registries, host);
  const name = config.name ?? defaultClusterName;
  const stateDirectory = config.stateDirectory ?? stateDirectoryOf(name, host);
  const timeline = new Timeline(host.clock.now());
  await using _lock = await lockCluster(name, stateDirectory, host);

  const record = await readClusterRecord(stateDirectory, host);
  const running = await runningSupervisor(stateDirectory, session);
  if (record !== undefined && running?.phase === "running") {
    if (config.mode !== undefined && config.mode !== record.spec.mode) throw runsInAnotherMode(record.spec);
    requireRunningAddons(addons, record.spec);
    // Another `up` may have been killed while it waited; what it started is the same cluster.
    if (options.wait) await waitForCluster(record.spec, options, timeoutOf(config), session);
    return report("unchanged", record.spec, withProofs(record.remedies, running), [], timeline.entries([]));
  }
  if (record !== undefined) await stopCluster(record.spec, { keepState: true }, session, () => undefined);

  const { spec, remedies, notes } = await start(
    { name, stateDirectory, record, config, registries, timeline, failed: new Map() },
    options,
    session,
  );
  const state = await readSupervisorState(stateLayout(stateDirectory).supervisorState, host.files);
  const verdict = options.wait ? "ready" : "started";
  return report(verdict, spec, withProofs(remedies, state), notes, timeline.entries(state?.timeline ?? []));
}

function runsInAnotherMode({ name, mode }: ClusterSpec): SandkubeError {
  return new SandkubeError({
    title: "The cluster runs in another mode",
    message: `The cluster "${name}" runs already, in the mode ${mode}.`,
    hint: `Stop it first: sandkube down --name ${name}, with --keep-state where its objects are to stay.`,
    exit: "conflict",
  });
}

/** What a start is made from. */
interface Start {
  readonly name: string;
  readonly stateDirectory: string;
  readonly record: ClusterRecord | undefined;
  readonly config: ClusterConfig;
  readonly registries: readonly RegistryRoute[];
  readonly timeline: Timeline;
  /** Remedies that were tried and did not work, by id, and why. */
  readonly failed: ReadonlyMap<string, string>;
}

/** A cluster that has been decided on. */
interface Prepared {
  readonly spec: ClusterSpec;
  readonly remedies: readonly AppliedRemedy[];
  readonly notes: readonly string[];
}

/**
 * Starts the cluster. Where a remedy fails half-way, everything is undone and the
 * cluster is planned anew without it, which takes the next remedy, or the next rung.
 */
async function start(from: Start, options: UpOptions, session: Session): Promise<Prepared> {
  const { stateDirectory, record, config } = from;
  const { host } = session;
  await makeStateDirectory(stateDirectory, host);
  const prepared = await prepare(from, options, session).catch(async (error: unknown) => {
    // Nothing has been started and nothing written; a directory that is not empty holds a kept state.
    await host.files.removeDirectory(stateDirectory).catch(() => undefined);
    throw error;
  });
  const { spec } = prepared;
  try {
    await step(session.progress, `Starting Kubernetes ${spec.kubernetesVersion} (${spec.mode})`, async (detail) => {
      const launched = await launchSupervisor(spec, options.supervisorCommand(stateDirectory), host);
      const waiting = { retain: options.retain, launched };
      if (options.wait) await waitForCluster(spec, waiting, timeoutOf(config), session, detail);
    });
    return prepared;
  } catch (error) {
    const remedy = await host.files.readTextIfPresent(stateLayout(stateDirectory).failedRemedy);
    const planned = options.choose === undefined;
    const again = planned && remedy !== undefined && !from.failed.has(remedy) && !session.signal.aborted;
    if (again || !options.retain) await undo(spec, record !== undefined, session);
    if (!again) throw error;
    const because = error instanceof Error ? (error.message.trim().split("\n").at(-1) ?? "").trim() : String(error);
    const note = failureNote(remedy, because);
    session.progress({ kind: "warning", text: note });
    const next = await start({ ...from, failed: new Map([...from.failed, [remedy, because]]) }, options, session);
    return { ...next, notes: [note, ...next.notes] };
  }
}

/** Everything before the first process: looks, plans, finds the binaries, and writes the record. */
async function prepare(from: Start, options: UpOptions, session: Session): Promise<Prepared> {
  const { name, stateDirectory, record, config, timeline } = from;
  const { host } = session;
  const avoided = config.avoidRemedies ?? [];
  const addons = requireAddons(config.addons ?? []);
  const facts = await timeline.measure("probes", () =>
    step(session.progress, "Looking at this machine", () => measureFacts(stateDirectory, session)),
  );
  const { plan, notes, artifacts } = await timeline.measure("artifacts", () =>
    planWithArtifacts(
      {
        facts,
        wanted: config.mode,
        wishes: { failed: from.failed, avoided, further: addons.flatMap(({ components }) => components) },
        addons,
        ...(options.choose === undefined ? {} : { exact: options.choose(facts) }),
      },
      session,
    ),
  );
  const chosen = await choosePorts(config.api?.port, host, addons.length > 0);
  for (const note of chosen.notes) session.progress({ kind: "note", text: note });
  const planned = applyPlan(
    plan,
    makeSpec({
      name,
      mode: plan.mode,
      stateDirectory,
      config,
      ports: chosen.ports,
      addons: addonSettings(addons, chosen),
      ...artifacts,
      images: [...artifacts.images, ...(config.images ?? [])],
      registries: from.registries,
      egress: usualEgress(facts),
      machineAddress: facts.value(defaultRoute)?.address,
      resolvers: usualResolvers(facts),
      localAddresses: localAddresses(),
      previous: record?.spec,
    }),
    facts,
  );
  const named = namedProxy(config.network?.podProxy, host.environment);
  const told = named === undefined ? { notes: [] } : await reachableProxy(named, planned, localAddresses(), host);
  const { podProxy } = told;
  const spec = podProxy === undefined ? planned : { ...planned, podProxy };
  const ownPrograms = proxyNote(host.environment, spec);
  const wayOutNotes = [
    ...told.notes,
    ...(ownPrograms === undefined ? [] : [ownPrograms]),
    ...(runsContainers(spec.mode) ? await credentialNotes(host) : []),
  ];
  for (const text of wayOutNotes) session.progress({ kind: "note", text });
  const remedies = plan.remedies.map(describeRemedy);
  const allNotes = [...notes, ...chosen.notes, ...wayOutNotes];
  const createdAt = record?.createdAt ?? host.clock.now();
  // The record comes first: with it the directory is known for ours, whenever we are killed.
  await writeClusterRecord({ createdAt, spec, remedies, boot: bootOf(from, allNotes) }, host);
  await saveFacts(stateLayout(stateDirectory).facts, facts, host);
  return { spec, remedies, notes: allNotes };
}

/** What the record keeps of this start, for reports. */
function bootOf({ config, timeline, failed }: Start, notes: readonly string[]): NonNullable<ClusterRecord["boot"]> {
  return {
    startedAt: timeline.start,
    timeline: [...timeline.entries([])],
    notes: [...[...failed].map(([remedy, because]) => failureNote(remedy, because)), ...notes],
    failed: Object.fromEntries(failed),
    avoided: [...(config.avoidRemedies ?? [])],
  };
}

function failureNote(remedy: string, because: string): string {
  return `The remedy ${remedy} failed and was undone: ${because}`;
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
  remedies: readonly ProvedRemedy[],
  notes: readonly string[],
  timeline: readonly TimelineEntry[],
): UpReport {
  return {
    schema: "sandkube.dev/up/v1",
    verdict,
    cluster: spec.name,
    mode: spec.mode,
    rung: rungOf(spec.mode),
    kubernetesVersion: spec.kubernetesVersion,
    kubeconfig: stateLayout(spec.stateDirectory).kubeconfig,
    server: `https://${spec.api.bindAddress === "0.0.0.0" ? spec.api.advertiseAddress : spec.api.bindAddress}:${String(spec.ports.api)}`,
    remedies,
    addons: addonsOf(spec.addons),
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
  /** When it began, in milliseconds since the epoch. */
  readonly start: number;
  readonly #entries: TimelineEntry[] = [];

  constructor(start: number) {
    this.start = start;
  }

  async measure<T>(name: string, work: () => Promise<T>): Promise<T> {
    const start = Date.now();
    try {
      return await work();
    } finally {
      this.#entries.push({ name, startMs: start - this.start, endMs: Date.now() - this.start });
    }
  }

  entries(spans: SupervisorState["timeline"]): readonly TimelineEntry[] {
    const relative = spans.map(({ name, start, end }) => ({
      name,
      startMs: start - this.start,
      endMs: end === undefined ? null : end - this.start,
    }));
    return [...this.#entries, ...relative];
  }
}
