import { isAborted } from "../contract/is-aborted.ts";
import type { ClusterSpec } from "../contract/cluster-spec.ts";
import type { Component, ComponentHealth } from "../contract/component.ts";
import type { ComponentName } from "../contract/component-name.ts";
import type { Host, ProcessIdentity } from "../contract/host.ts";
import type { RemedyProof } from "../contract/remedy.ts";
import { stateLayout } from "../contract/state-layout.ts";
import { signalGroup, startProcess, type ComponentProcess } from "./component-process.ts";
import { clusterMarker } from "./marked-processes.ts";
import { trimLog } from "./component-log.ts";
import type { ComponentState, SupervisorState, TimelineSpan } from "./supervisor-state.ts";

/** One-off work that belongs to a running cluster, such as the import of images. */
export interface SupervisedTask {
  readonly name: string;
  readonly after: readonly ComponentName[];
  run(signal: AbortSignal): Promise<void>;
}

/** Work of the supervisor's own process that goes on until the signal. */
export type SupervisedService = SupervisedTask;

/** What a supervisor runs. */
export interface SupervisorOptions {
  readonly spec: ClusterSpec;
  readonly components: readonly Component[];
  readonly tasks: readonly SupervisedTask[];
  readonly services?: readonly SupervisedService[];
  readonly host: Host;
  /** The environment of every component. */
  readonly environment: Readonly<Record<string, string>>;
}

// Starting: each look is a connection, on a machine that is busy with what it waits for (docs/performance.md).
const probeInterval = { starting: 100, ready: 5000 };
const backoff = { first: 500, most: 30_000, forgottenAfter: 60_000, noneAfter: 10_000 };
/** How long a component may take to end after TERM before it is killed (milliseconds). */
const grace = 5000;
/**
 * How many stretches of the timeline are kept: the boot and what happened last. A component that ends again and again
 * would fill memory with them.
 */
const mostSpans = 100;

/**
 * Runs the components of one cluster: starts each when what comes before it is
 * ready, asks each whether it is well, starts it again with a growing delay when
 * it ends, and writes down what it sees.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #components: Map<ComponentName, ComponentState>;
  readonly #ready = new Map<ComponentName, Gate>();
  readonly #running = new Map<ComponentName, ComponentProcess>();
  readonly #timeline: TimelineSpan[] = [];
  readonly #tasks: { name: string; done: boolean; error?: string }[];
  readonly #proofs: Record<string, RemedyProof> = {};
  #phase: SupervisorState["phase"] = "preparing";
  #error: SupervisorState["error"];
  #writing: Promise<void> = Promise.resolve();
  #dirty = false;
  /** The last change could not be written. */
  #unwritten = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#components = new Map(
      options.components.map(({ name }) => [name, { name, state: "waiting", restarts: 0, failedStarts: 0 }]),
    );
    for (const { name } of options.components) this.#ready.set(name, new Gate());
    this.#tasks = options.tasks.map(({ name }) => ({ name, done: false }));
  }

  /** Measures work done before the components start, for the timeline. */
  async prepare<T>(name: string, work: () => Promise<T>): Promise<T> {
    return this.#timed(name, work);
  }

  /** The components that run at the moment. */
  running(): ReadonlyMap<ComponentName, ProcessIdentity> {
    return new Map([...this.#running].map(([name, { identity }]) => [name, identity]));
  }

  /** Records whether a remedy was seen to work; written with the task that found out. */
  prove(remedy: string, proof: RemedyProof): void {
    this.#proofs[remedy] = proof;
  }

  /** Records why the cluster cannot run; `up` reads it. */
  async fail(error: NonNullable<SupervisorState["error"]>): Promise<void> {
    this.#phase = "failed";
    this.#error = error;
    await this.#write();
  }

  /** Runs until the signal, then stops the components in reverse order. */
  async run(signal: AbortSignal): Promise<void> {
    this.#phase = "running";
    await this.#write();
    await Promise.all([
      ...this.#options.components.map((component) => this.#supervise(component, signal)),
      ...this.#options.tasks.map((task, index) => this.#runTask(task, index, signal)),
      ...(this.#options.services ?? []).map((service) => this.#serve(service, signal)),
    ]);
  }

  /** Ends every component that still runs: TERM, grace, KILL; last started first. */
  async stop(): Promise<void> {
    this.#phase = "stopping";
    for (const { name } of [...this.#options.components].reverse()) {
      const running = this.#running.get(name);
      if (running === undefined) continue;
      await this.#end(running);
      this.#update(name, { state: "stopped", process: undefined });
    }
    await this.#write();
  }

  async #supervise(component: Component, signal: AbortSignal): Promise<void> {
    const { name } = component;
    let delay = backoff.first;
    try {
      await abortable(Promise.all(component.after.map((before) => this.#gate(before).opened)), signal);
      while (!signal.aborted) {
        const startedAt = this.#options.host.clock.monotonic();
        const because = await this.#runOnce(component, signal);
        if (isAborted(signal)) return;
        const lived = this.#options.host.clock.monotonic() - startedAt;
        if (lived > backoff.forgottenAfter) delay = backoff.first;
        const state = this.#state(name);
        this.#update(name, { state: "backing-off", process: undefined, restarts: state.restarts + 1, because });
        // What has run for a while ended by accident, and others wait for it.
        if (lived > backoff.noneAfter) continue;
        await this.#options.host.clock.sleep(delay, signal);
        delay = Math.min(delay * 2, backoff.most);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** One life of a component; returns why it ended. */
  async #runOnce(component: Component, signal: AbortSignal): Promise<string> {
    const { name } = component;
    const { spec, host, environment } = this.#options;
    const startSpan = this.#open(name);
    const life: Life = {};
    let running: ComponentProcess;
    try {
      const own = await component.prepare(spec, signal);
      const launcher = spec.launchers?.[name];
      const process = launcher === undefined ? own : { ...own, argv: [...launcher, ...own.argv] as const };
      const log = `${stateLayout(spec.stateDirectory).logs}/${name}.log`;
      running = await startProcess(process, { ...environment, [clusterMarker]: spec.id }, log, host.processes);
    } catch (error) {
      signal.throwIfAborted();
      this.#close(startSpan);
      this.#update(name, { failedStarts: this.#state(name).failedStarts + 1 });
      return `could not be started: ${error instanceof Error ? error.message : String(error)}`;
    }
    this.#running.set(name, running);
    this.#update(name, { state: "starting", process: running.identity, because: undefined });
    const end = running.ended.then(({ code, signal: by }) => {
      life.ended = by === null ? `exited with code ${String(code)}` : `was ended by ${by}`;
    });
    let wasReady = false;
    while (hasNotEnded(life) && !isAborted(signal)) {
      // A probe that gets no answer must not hide that there is nobody left to answer.
      const health = await Promise.race([
        this.#look(component, running.identity, signal).catch((error: unknown): ComponentHealth => {
          return { ok: false, because: error instanceof Error ? error.message : String(error) };
        }),
        end.then((): ComponentHealth => ({ ok: false, because: "it has ended" })),
      ]);
      if (isAborted(signal)) break;
      if (health.ok && !wasReady) {
        wasReady = true;
        this.#close(startSpan);
        this.#gate(name).open();
      }
      if (hasNotEnded(life)) this.#record(name, health, wasReady);
      const pause = health.ok ? probeInterval.ready : wasReady ? 1000 : probeInterval.starting;
      const paused = new AbortController();
      await Promise.race([
        end,
        host.clock.sleep(pause, AbortSignal.any([signal, paused.signal])).catch(() => undefined),
      ]);
      paused.abort();
      if (health.ok) await trimLog(`${stateLayout(spec.stateDirectory).logs}/${name}.log`);
    }
    if (life.ended === undefined) return "the cluster stops"; // stop() ends it, in order
    this.#running.delete(name);
    // What it left behind would hold the ports and files of the next one.
    await signalGroup(running.identity, "SIGKILL", spec.id, host.processes);
    if (!wasReady) {
      this.#close(startSpan);
      this.#update(name, { failedStarts: this.#state(name).failedStarts + 1 });
    }
    return life.ended;
  }

  async #look(component: Component, { pid }: ProcessIdentity, signal: AbortSignal): Promise<ComponentHealth> {
    const { host, spec } = this.#options;
    // The kernel takes connections for a process that a signal holds, so a probe by connection would call it well.
    const stopped = (await host.processes.status(pid))?.stopped === true;
    return stopped ? { ok: false, because: "a signal holds it (SIGSTOP)" } : component.probe(spec, signal);
  }

  async #runTask(task: SupervisedTask, index: number, signal: AbortSignal): Promise<void> {
    const entry = this.#tasks[index];
    if (entry === undefined) return;
    let delay = backoff.first;
    while (!signal.aborted) {
      try {
        await abortable(Promise.all(task.after.map((before) => this.#gate(before).opened)), signal);
        await this.#timed(task.name, () => task.run(signal));
        entry.done = true;
        delete entry.error;
        await this.#write();
        return;
      } catch (error) {
        if (isAborted(signal)) return;
        entry.error = error instanceof Error ? error.message : String(error);
        await this.#write();
        await this.#options.host.clock.sleep(delay, signal).catch(() => undefined);
        delay = Math.min(delay * 2, backoff.most);
      }
    }
  }

  async #serve(service: SupervisedService, signal: AbortSignal): Promise<void> {
    let delay = backoff.first;
    while (!signal.aborted) {
      try {
        await abortable(Promise.all(service.after.map((before) => this.#gate(before).opened)), signal);
        await service.run(signal);
      } catch (error) {
        if (isAborted(signal)) return;
        process.stderr.write(`${service.name}: ${error instanceof Error ? error.message : String(error)}\n`);
      }
      await this.#options.host.clock.sleep(delay, signal).catch(() => undefined);
      delay = Math.min(delay * 2, backoff.most);
    }
  }

  async #end(running: ComponentProcess): Promise<void> {
    const { host, spec } = this.#options;
    const timer = new AbortController();
    await signalGroup(running.identity, "SIGTERM", spec.id, host.processes);
    const ended = await Promise.race([
      running.ended.then(() => true),
      host.clock.sleep(grace, timer.signal).then(
        () => false,
        () => false,
      ),
    ]);
    timer.abort();
    await signalGroup(running.identity, "SIGKILL", spec.id, host.processes);
    if (!ended) await running.ended;
  }

  #record(name: ComponentName, health: ComponentHealth, wasReady: boolean): void {
    if (health.ok) this.#update(name, { state: "ready", failedStarts: 0, because: undefined });
    else this.#update(name, { state: wasReady ? "unhealthy" : "starting", because: health.because });
  }

  #state(name: ComponentName): ComponentState {
    const state = this.#components.get(name);
    if (state === undefined) throw new Error(`no component ${name}`);
    return state;
  }

  #gate(name: ComponentName): Gate {
    const gate = this.#ready.get(name);
    if (gate === undefined) throw new Error(`no component ${name}`);
    return gate;
  }

  #update(name: ComponentName, change: { [K in keyof ComponentState]?: ComponentState[K] | undefined }): void {
    const before = this.#state(name);
    const after = { ...before, ...change } as ComponentState;
    if (JSON.stringify(before) === JSON.stringify(after) && !this.#unwritten) return;
    this.#components.set(name, after);
    void this.#write();
  }

  async #timed<T>(name: string, work: () => Promise<T>): Promise<T> {
    const span = this.#open(name);
    try {
      return await work();
    } finally {
      this.#close(span);
    }
  }

  #open(name: string): TimelineSpan {
    const span: TimelineSpan = { name, start: this.#options.host.clock.now() };
    this.#timeline.push(span);
    if (this.#timeline.length > mostSpans) this.#timeline.splice(mostSpans / 2, 1);
    return span;
  }

  #close(span: TimelineSpan): void {
    span.end = this.#options.host.clock.now();
    void this.#write();
  }

  /** Writes the state; changes that come meanwhile are written together afterwards. */
  #write(): Promise<void> {
    if (this.#dirty) return this.#writing;
    this.#dirty = true;
    this.#writing = this.#writing.then(async () => {
      this.#dirty = false;
      const { host, spec } = this.#options;
      try {
        const state: SupervisorState = {
          schemaVersion: 1,
          supervisor: await host.processes.self(),
          phase: this.#phase,
          ...(this.#error === undefined ? {} : { error: this.#error }),
          components: [...this.#components.values()],
          tasks: this.#tasks,
          proofs: this.#proofs,
          timeline: this.#timeline,
        };
        const path = stateLayout(spec.stateDirectory).supervisorState;
        await host.files.write(path, JSON.stringify(state), { mode: 0o600 });
        this.#unwritten = false;
      } catch (error) {
        // A full disk must not end a cluster that runs; the next look at a component writes again.
        if (!this.#unwritten) process.stderr.write(`The supervisor's state cannot be written: ${String(error)}\n`);
        this.#unwritten = true;
      }
    });
    return this.#writing;
  }
}

/** One life of a component; `ended` says how it ended. */
interface Life {
  ended?: string;
}

// Functions, because both change while others run and TypeScript would take the last look for granted.
function hasNotEnded(life: Life): boolean {
  return life.ended === undefined;
}

/** Opens once and stays open. */
class Gate {
  readonly opened: Promise<void>;
  readonly open: () => void;

  constructor() {
    let resolveOpened = (): void => undefined;
    this.opened = new Promise((resolve) => {
      resolveOpened = resolve;
    });
    this.open = resolveOpened;
  }
}

function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    };
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => {
      signal.removeEventListener("abort", abort);
    });
  });
}
