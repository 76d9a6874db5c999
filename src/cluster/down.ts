import { runsContainers, type ClusterSpec } from "../contract/cluster-spec.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { stateLayout, type StateLayout } from "../contract/state-layout.ts";
import { step } from "../contract/progress.ts";
import { tearDownNodeNetwork } from "../network/node-network.ts";
import { removeMountPoints } from "../supervisor/launch-supervisor.ts";
import { killMarkedProcesses } from "../supervisor/marked-processes.ts";
import { readSupervisorState } from "../supervisor/supervisor-state.ts";
import { requireClusterRecord } from "./cluster-record.ts";
import { lockCluster } from "./cluster-lock.ts";
import { removeCgroups } from "./pod-cgroups.ts";
import type { Session } from "./session.ts";

/** How long the components may take to stop in order before they are killed (milliseconds). */
const orderlyStop = 20_000;
/** How long killed processes may take to be gone (milliseconds). */
const killTimeout = 10_000;

/** The answer of `sandkube down --output json`. */
export interface DownReport {
  readonly schema: "sandkube.dev/down/v1";
  readonly cluster: string;
  readonly keptState: boolean;
  readonly milliseconds: number;
}

/**
 * Stops a cluster and removes everything `up` made: processes, mounts, links,
 * rules, cgroups and files. With `keepState` the datastore and the identities
 * stay for the next `up`.
 *
 * @throws SandkubeError (notFound) where there is no cluster, (conflict) while another command changes it
 */
export async function down(
  name: string,
  stateDirectory: string,
  options: { readonly keepState: boolean },
  session: Session,
): Promise<DownReport> {
  const start = session.host.clock.monotonic();
  await using _lock = await lockCluster(name, stateDirectory, session.host);
  const { spec } = await requireClusterRecord(name, stateDirectory, session.host);
  await step(session.progress, `Stopping the cluster "${spec.name}"`, async (detail) => {
    await stopCluster(spec, options, session, detail);
  });
  return {
    schema: "sandkube.dev/down/v1",
    cluster: spec.name,
    keptState: options.keepState,
    milliseconds: Math.round(session.host.clock.monotonic() - start),
  };
}

/** The work of {@link down}, for callers that hold the lock: `up` undoes itself with it. */
export async function stopCluster(
  spec: ClusterSpec,
  options: { readonly keepState: boolean },
  { host, signal }: Session,
  detail: (text: string) => void,
): Promise<void> {
  const layout = stateLayout(spec.stateDirectory);
  const state = await readSupervisorState(layout.supervisorState, host.files);
  if (state !== undefined) {
    if (options.keepState) {
      // In order, so that the datastore is closed last.
      detail("components");
      await host.processes.signal(state.supervisor, "SIGTERM");
      const start = host.clock.monotonic();
      while ((await host.processes.isAlive(state.supervisor)) && host.clock.monotonic() - start < orderlyStop) {
        await host.clock.sleep(50, signal);
      }
    }
    await host.processes.signal(state.supervisor, "SIGKILL");
  }
  detail("processes");
  const left = await killMarkedProcesses(spec.id, host, killTimeout, signal);
  if (left.length > 0) {
    throw new SandkubeError({
      title: "Some processes would not end",
      message: `Still there after ${String(killTimeout / 1000)} s: ${left.map(({ pid }) => String(pid)).join(", ")}`,
      hint: "Run `sandkube down` again.",
      exit: "component",
    });
  }
  if (runsContainers(spec.mode)) await removeCgroups(spec, host, killTimeout, signal);
  if (spec.mode === "node") {
    detail("network");
    await tearDownNodeNetwork(spec, host, signal);
  }
  if (runsContainers(spec.mode)) await removeMountPoints(spec, host);
  detail("files");
  await removeFiles(layout, options.keepState, host.files);
}

/** What the next `up` needs of a cluster whose state is kept, and what a report can still tell of it. */
const keptFiles: readonly (keyof StateLayout)[] = [
  "record",
  "pki",
  "datastore",
  "volumes",
  "facts",
  "lastSupervisorState",
  "verification",
  "resources",
];

async function removeFiles(layout: StateLayout, keepState: boolean, files: Session["host"]["files"]): Promise<void> {
  if (!keepState) {
    // The record goes last: a `down` that is interrupted can be run again.
    const names = (await files.list(layout.root)) ?? [];
    await Promise.all(
      names
        .map((name) => `${layout.root}/${name}`)
        .filter((path) => path !== layout.record)
        .map((path) => files.remove(path)),
    );
    await files.remove(layout.record);
    await files.removeDirectory(layout.root).catch(() => undefined); // not ours where the user put something in it
    return;
  }
  // Under its own name it would be taken for what runs.
  if ((await files.status(layout.supervisorState)) !== undefined) {
    await files.rename(layout.supervisorState, layout.lastSupervisorState);
  }
  const kept = new Set(keptFiles.map((key) => layout[key]));
  const names = (await files.list(layout.root)) ?? [];
  await Promise.all(
    names
      .map((name) => `${layout.root}/${name}`)
      .filter((path) => !kept.has(path))
      .map((path) => files.remove(path)),
  );
}
