import type { CheckedClaim, CheckOutcome, Verification } from "../contract/check.ts";
import type { ClusterMode } from "../contract/cluster-spec.ts";
import type { Host } from "../contract/host.ts";
import type { Progress } from "../contract/progress.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { stateLayout } from "../contract/state-layout.ts";
import { checks as catalogue } from "../evidence/catalogue.ts";
import { scopes, type Check } from "../evidence/check.ts";
import { remedyChecks } from "../evidence/checks/remedies.ts";
import { chooseChecks, type Choice } from "../evidence/choose-checks.ts";
import { ClusterView } from "../evidence/cluster-view.ts";
import { runChecks } from "../evidence/run-checks.ts";
import { Workspace } from "../evidence/workspace.ts";
import { ApiClient } from "../kube/api-client.ts";
import { readSupervisorState, type SupervisorState } from "../supervisor/supervisor-state.ts";
import { lockVerification } from "./cluster-lock.ts";
import { requireClusterRecord } from "./cluster-record.ts";
import { readKubeconfig } from "./kubeconfig.ts";
import { withProofs } from "./proved-remedies.ts";
import type { Session } from "./session.ts";

/** The answer of `sandkube verify --output json` (docs/schemas/verify.json). */
export type VerifyReport = Verification;

/** Which cluster is verified, and by which checks. */
export interface VerifyRequest extends Choice {
  readonly name: string;
  readonly stateDirectory: string;
}

/** What may be checked. Schema sandkube.dev/verify-list/v1 (docs/schemas/verify-list.json). */
export interface VerifyListReport {
  readonly schema: "sandkube.dev/verify-list/v1";
  readonly checks: readonly {
    readonly id: string;
    readonly claim: string;
    /** The kinds of cluster that it is claimed of. */
    readonly modes: readonly ClusterMode[];
    /** The check that it stands on. */
    readonly needs: string | null;
  }[];
}

/** How long the removal of what checks made may take (milliseconds), also after an interruption. */
const removalTime = 150_000;

/** Lists the checks; one for each remedy in force comes to them. */
export function verifyList(): VerifyListReport {
  return {
    schema: "sandkube.dev/verify-list/v1",
    checks: catalogue.map(({ id, claim, scope, needs }) => ({
      id,
      claim,
      modes: scopes[scope].modes,
      needs: needs ?? null,
    })),
  };
}

/**
 * Proves what sandkube claims of a running cluster, with evidence, and keeps the
 * report in the state directory. All that it makes is gone when it returns.
 *
 * @throws SandkubeError: notFound where there is no cluster or it does not run, usage for an unknown check,
 *   conflict while another verification runs
 */
export async function verify(request: VerifyRequest, session: Session): Promise<VerifyReport> {
  const { host } = session;
  const { spec, remedies } = await requireClusterRecord(request.name, request.stateDirectory, host);
  const layout = stateLayout(spec.stateDirectory);
  const state = await readSupervisorState(layout.supervisorState, host.files);
  const chosen = chooseChecks([...catalogue, ...remedyChecks(withProofs(remedies, state))], request);
  const { text } = await readKubeconfig(request.name, request.stateDirectory, host);
  await requireSupervisor(request.name, state, host);
  await using _lock = await lockVerification(request.name, spec.stateDirectory, host);

  const startedAt = host.clock.now();
  const start = host.clock.monotonic();
  using client = ApiClient.fromKubeconfig(text);
  const workspace = new Workspace({ spec, host, client, components: componentsOf(state) });
  let claims: readonly CheckedClaim[];
  let left: readonly string[] = [];
  try {
    const impaired = await prepare(workspace, session.signal);
    claims = await runChecks<ClusterView>(chosen, {
      mode: spec.mode,
      view: (signal) => new ClusterView(workspace, signal),
      clock: host.clock,
      signal: session.signal,
      ...(impaired === undefined ? {} : { impaired }),
      ...story(session.progress),
    });
  } finally {
    left = await removeAll(workspace, session.progress);
  }
  const report: VerifyReport = {
    schema: "sandkube.dev/verify/v1",
    cluster: spec.name,
    mode: spec.mode,
    verdict: verdictOf(claims),
    counts: countsOf(claims),
    checks: claims,
    left,
    startedAt: new Date(startedAt).toISOString(),
    durationMs: Math.round(host.clock.monotonic() - start),
  };
  await host.files.write(layout.verification, `${JSON.stringify(report, undefined, 2)}\n`, { mode: 0o600 });
  return report;
}

/** Makes the checks a place to work; where that cannot be, the reason, as some of them can tell why without one. */
async function prepare(workspace: Workspace, signal: AbortSignal): Promise<string | undefined> {
  try {
    await workspace.prepare(signal);
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return `nothing can be made in the cluster: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** What all claims come to. Pure. */
export function verdictOf(claims: readonly Pick<CheckedClaim, "outcome">[]): VerifyReport["verdict"] {
  if (claims.some(({ outcome }) => outcome === "refuted")) return "refuted";
  const applicable = claims.filter(({ outcome }) => outcome !== "not-applicable");
  // Where nothing applies nothing has been proved.
  return applicable.length > 0 && applicable.every(({ outcome }) => outcome === "proved") ? "proved" : "inconclusive";
}

function countsOf(claims: readonly CheckedClaim[]): VerifyReport["counts"] {
  const count = (wanted: CheckOutcome): number => claims.filter(({ outcome }) => outcome === wanted).length;
  return {
    proved: count("proved"),
    refuted: count("refuted"),
    inconclusive: count("inconclusive"),
    "not-applicable": count("not-applicable"),
  };
}

async function requireSupervisor(name: string, state: SupervisorState | undefined, host: Host): Promise<void> {
  if (state !== undefined && (await host.processes.isAlive(state.supervisor))) return;
  throw new SandkubeError({
    title: `The cluster "${name}" does not run`,
    message: "Its supervisor is not there.",
    hint: "Start it with `sandkube up`.",
    exit: "notFound",
  });
}

function componentsOf(state: SupervisorState | undefined): Workspace["components"] {
  return (state?.components ?? []).map(({ name, state: said, restarts, process, because }) => ({
    name,
    state: said,
    restarts,
    ...(process === undefined ? {} : { process }),
    ...(because === undefined ? {} : { because }),
  }));
}

/** Removes with a time of its own: the session's signal may be what ended the checks. */
async function removeAll(workspace: Workspace, progress: Progress): Promise<readonly string[]> {
  const start = performance.now();
  const step = "Removing what the checks made";
  progress({ kind: "started", step });
  const left = await workspace.remove(AbortSignal.timeout(removalTime));
  progress({ kind: left.length === 0 ? "finished" : "failed", step, milliseconds: performance.now() - start });
  for (const text of left) progress({ kind: "warning", text: `left: ${text}` });
  return left;
}

/** A line for each check as it ends. */
function story(progress: Progress): {
  readonly started: (check: Pick<Check, "id">) => void;
  readonly ended: (claim: CheckedClaim) => void;
} {
  return {
    started: ({ id }) => {
      progress({ kind: "started", step: id });
    },
    ended: ({ id, claim, outcome, because, durationMs: milliseconds }) => {
      switch (outcome) {
        case "proved":
          progress({ kind: "finished", step: id, milliseconds, detail: claim });
          return;
        case "refuted":
          progress({ kind: "failed", step: id, milliseconds, detail: because });
          return;
        case "inconclusive":
          progress({ kind: "abandoned", step: id, milliseconds, detail: because });
          return;
        case "not-applicable":
          progress({ kind: "note", text: `${id}: not applicable: ${because}` });
      }
    },
  };
}
