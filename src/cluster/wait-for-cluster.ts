import type { ClusterSpec } from "../contract/cluster-spec.ts";
import type { ExitCodeName } from "../contract/exit-code.ts";
import type { ProcessIdentity } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { stateLayout } from "../contract/state-layout.ts";
import { waitUntil } from "../host/wait-until.ts";
import { ApiClient, ApiError } from "../kube/api-client.ts";
import { lastLines } from "../supervisor/component-log.ts";
import { supervisorLog } from "../supervisor/launch-supervisor.ts";
import { readSupervisorState, type SupervisorState } from "../supervisor/supervisor-state.ts";
import type { Session } from "./session.ts";

/** A component that ends this many times before it ever serves will not come up. */
const mostFailedStarts = 3;
const quotedLines = 20;

type Answer = { readonly ok: true } | { readonly ok: false; readonly because: string };

/**
 * Waits until every component is ready, every task is done, and pods can be
 * created (the default service account is there).
 *
 * @throws SandkubeError (component) with the last log lines of what does not start; (timeout) with the last reason
 */
export async function waitForCluster(
  spec: ClusterSpec,
  options: { readonly retain: boolean; readonly launched?: ProcessIdentity },
  timeout: number,
  { host, signal }: Session,
  detail: (text: string) => void = () => undefined,
): Promise<void> {
  const layout = stateLayout(spec.stateDirectory);
  let client: ApiClient | undefined;
  // What the wait is for at the moment, for the error of a wait that runs out.
  const waiting = { title: "The supervisor did not start", log: supervisorLog(spec.stateDirectory) };
  const look = async (): Promise<Answer> => {
    const state = await readSupervisorState(layout.supervisorState, host.files);
    if (state === undefined) {
      // A mount that is refused ends the script that would have become the supervisor.
      if (options.launched !== undefined && !(await host.processes.isAlive(options.launched))) {
        throw await startFailure("The supervisor did not start", "it ended early", supervisorLog(spec.stateDirectory));
      }
      return { ok: false, because: "the supervisor has not started" };
    }
    await failOnDead(state);
    const late = state.components.find(({ state: said }) => said !== "ready");
    waiting.title = late === undefined ? "The cluster is not usable" : `${late.name} is not ready`;
    if (late !== undefined) waiting.log = `${layout.logs}/${late.name}.log`;
    const answer = judge(state);
    if (!answer.ok) return answer;
    client ??= ApiClient.fromKubeconfig(await host.files.readText(layout.kubeconfig));
    return podsCanBeCreated(client, signal);
  };
  const failOnDead = async (state: SupervisorState): Promise<void> => {
    const dying = state.components.find(({ failedStarts }) => failedStarts >= mostFailedStarts);
    if (dying !== undefined) {
      throw await startFailure(
        `${dying.name} does not start`,
        dying.because ?? "it ended",
        `${layout.logs}/${dying.name}.log`,
      );
    }
    // Not by the phase: a supervisor that failed is soon one that stops.
    if (state.error !== undefined) {
      const { title, message, hint } = state.error;
      throw await startFailure(title, message, supervisorLog(spec.stateDirectory), hint);
    }
    if (!(await host.processes.isAlive(state.supervisor))) {
      throw await startFailure("The supervisor ended", "nobody stopped it", supervisorLog(spec.stateDirectory));
    }
  };
  const startFailure = async (
    title: string,
    because: string,
    log: string,
    hint?: string,
    exit: ExitCodeName = "component",
  ): Promise<SandkubeError> => {
    const lines = await lastLines(log, quotedLines);
    return new SandkubeError({
      title,
      message: [because, ...(lines.length > 0 ? [`The end of ${log}:`, ...lines.map((line) => `  ${line}`)] : [])].join(
        "\n",
      ),
      hint:
        hint ??
        (options.retain
          ? `Everything is left as it is; see ${layout.logs}.`
          : "Run it again with --retain to keep all logs."),
      exit,
    });
  };
  try {
    await waitUntil(look, {
      clock: host.clock,
      what: `the cluster "${spec.name}"`,
      timeout,
      interval: 80,
      signal,
      onReason: detail,
      hint: "Give it more time with --timeout, or see why with `sandkube status` after `up --retain`.",
    });
  } catch (error) {
    if (error instanceof SandkubeError && error.exit === "timeout") {
      throw await startFailure(`Timed out: ${waiting.title}`, error.message, waiting.log, error.hint, "timeout");
    }
    throw error;
  } finally {
    client?.[Symbol.dispose]();
  }
}

function judge(state: SupervisorState): Answer {
  if (state.phase !== "running") return { ok: false, because: "the supervisor prepares" };
  for (const { name, state: said, because } of state.components) {
    if (said === "ready") continue;
    return { ok: false, because: `${name} is ${said}${because === undefined ? "" : `: ${because}`}` };
  }
  for (const { name, done, error } of state.tasks) {
    if (!done) return { ok: false, because: error === undefined ? `${name}: under way` : `${name}: ${error}` };
  }
  return { ok: true };
}

/** The service-account admission plugin refuses pods until the controller has made the account. */
async function podsCanBeCreated(client: ApiClient, signal: AbortSignal): Promise<Answer> {
  try {
    await client.text("/api/v1/namespaces/default/serviceaccounts/default", { signal });
    return { ok: true };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ApiError && error.status === 404) {
      return { ok: false, because: "the default service account is not there" };
    }
    return { ok: false, because: (error as Error).message };
  }
}
