import type { AppliedRemedy } from "../contract/remedy.ts";
import { runsContainers, type ClusterMode } from "../contract/cluster-spec.ts";
import type { Host } from "../contract/host.ts";
import { stateLayout } from "../contract/state-layout.ts";
import { ApiClient } from "../kube/api-client.ts";
import type { Rung } from "../contract/rung.ts";
import { rungOf } from "../plan/ladder.ts";
import { nodeHealth } from "../kube/node-health.ts";
import { readSupervisorState } from "../supervisor/supervisor-state.ts";
import { requireClusterRecord } from "./cluster-record.ts";
import type { Session } from "./session.ts";

/** The answer of `sandkube status --output json` (docs/schemas/status.json). */
export interface StatusReport {
  readonly schema: "sandkube.dev/status/v1";
  readonly cluster: {
    readonly name: string;
    readonly mode: ClusterMode;
    /** How true to a real cluster this mode is, and what is not as it seems. */
    readonly rung: Rung;
    /** running: the supervisor runs; stopped: it does not. */
    readonly state: "running" | "starting" | "failed" | "stopped";
    readonly kubernetesVersion: string;
    readonly stateDirectory: string;
    readonly kubeconfig: string;
  };
  /** Null without a real node. */
  readonly node: { readonly name: string; readonly ready: boolean; readonly because?: string } | null;
  readonly components: readonly {
    readonly name: string;
    readonly state: string;
    readonly pid: number | null;
    readonly restarts: number;
    readonly rssBytes: number;
    readonly because?: string;
  }[];
  readonly tasks: readonly { readonly name: string; readonly done: boolean; readonly error?: string }[];
  readonly remedies: readonly AppliedRemedy[];
}

/** Looks at a cluster as it is now. */
export async function status(name: string, stateDirectory: string, session: Session): Promise<StatusReport> {
  const { host, signal } = session;
  const { spec, remedies } = await requireClusterRecord(name, stateDirectory, host);
  const layout = stateLayout(spec.stateDirectory);
  const state = await readSupervisorState(layout.supervisorState, host.files);
  const alive = state !== undefined && (await host.processes.isAlive(state.supervisor));
  const components = await Promise.all(
    (state?.components ?? []).map(async ({ name: component, state: said, process, restarts, because }) => {
      const running = process && (await host.processes.isAlive(process)) ? process : undefined;
      const rssBytes = running && (await host.processes.status(running.pid))?.rssBytes;
      return {
        name: component,
        state: running === undefined && said !== "waiting" && said !== "backing-off" ? "stopped" : said,
        pid: running?.pid ?? null,
        restarts,
        rssBytes: rssBytes ?? 0,
        ...(because === undefined ? {} : { because }),
      };
    }),
  );
  return {
    schema: "sandkube.dev/status/v1",
    cluster: {
      name: spec.name,
      mode: spec.mode,
      rung: rungOf(spec.mode),
      state: !alive
        ? "stopped"
        : state.phase === "running"
          ? "running"
          : state.phase === "failed"
            ? "failed"
            : "starting",
      kubernetesVersion: spec.kubernetesVersion,
      stateDirectory: spec.stateDirectory,
      kubeconfig: layout.kubeconfig,
    },
    node: runsContainers(spec.mode) ? await nodeStatus(spec.nodeName, layout.kubeconfig, alive, host, signal) : null,
    components,
    tasks: (state?.tasks ?? []).map(({ name: task, done, error }) => ({
      name: task,
      done,
      ...(error === undefined ? {} : { error }),
    })),
    remedies,
  };
}

async function nodeStatus(
  name: string,
  kubeconfig: string,
  alive: boolean,
  host: Host,
  signal: AbortSignal,
): Promise<NonNullable<StatusReport["node"]>> {
  const text = alive ? await host.files.readTextIfPresent(kubeconfig) : undefined;
  if (text === undefined) return { name, ready: false, because: "the cluster does not run" };
  using client = ApiClient.fromKubeconfig(text);
  const health = await nodeHealth(client, name, signal);
  return health.ok ? { name, ready: true } : { name, ready: false, because: health.because };
}
