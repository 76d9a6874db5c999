import type { ClusterMode } from "../contract/cluster-spec.ts";
import type { Facts } from "../contract/observation.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import type { Addon } from "../distributions/addons.ts";
import { requireModeFor } from "./addons.ts";
import { clusterArtifacts, remedyBinaries, type ClusterArtifacts } from "./cluster-artifacts.ts";
import { choosePlan, type ChosenPlan, type PlanWishes } from "./choose-plan.ts";
import type { Session } from "./session.ts";

/** What a plan is chosen by. */
export interface PlanChoice {
  readonly facts: Facts;
  /** Undefined: the fullest that the machine allows. */
  readonly wanted: ClusterMode | undefined;
  readonly wishes: PlanWishes;
  readonly addons: readonly Addon[];
  /** A plan that was chosen already, which nothing may take the place of. */
  readonly exact?: ChosenPlan;
}

/**
 * Chooses a plan whose binaries are to be had. A remedy gives way to the next
 * where its binary is not, and so does a rung that nobody asked for by name, as
 * kwok in a sandbox without a Go proxy.
 *
 * @throws SandkubeError where no plan is left or it has no room for an add-on, or a binary cannot be had that every plan needs
 */
export async function planWithArtifacts(
  choice: PlanChoice,
  session: Session,
): Promise<ChosenPlan & { readonly artifacts: ClusterArtifacts }> {
  const { plan, notes } = choice.exact ?? choosePlan(choice.facts, choice.wanted, choice.wishes);
  for (const text of notes) session.progress({ kind: "warning", text });
  requireModeFor(choice.addons, plan.mode);
  let extra: Partial<ClusterArtifacts["binaries"]> = {};
  for (const remedy of plan.remedies) {
    try {
      extra = { ...extra, ...(await remedyBinaries(remedy, session)) };
    } catch (error) {
      if (choice.exact !== undefined || !isUnavailable(error)) throw error;
      const failed = new Map([...(choice.wishes.failed ?? []), [remedy.id, error.title]]);
      const note = `The remedy ${remedy.id} needs a program that is not to be had here: ${error.title}.`;
      session.progress({ kind: "warning", text: note });
      const next = await planWithArtifacts({ ...choice, wishes: { ...choice.wishes, failed } }, session);
      return { ...next, notes: [note, ...next.notes] };
    }
  }
  try {
    const artifacts = await clusterArtifacts(plan.mode, session, choice.addons);
    return { plan, notes, artifacts: { ...artifacts, binaries: { ...artifacts.binaries, ...extra } } };
  } catch (error) {
    const optional = choice.wanted === undefined && plan.mode === "simulated";
    if (!optional || !isUnavailable(error)) throw error;
    const note = `Nodes cannot be simulated, so there are none, and pods stay Pending: ${error.title}.`;
    session.progress({ kind: "warning", text: note });
    const next = await planWithArtifacts({ ...choice, wanted: "control-plane" }, session);
    return { ...next, notes: [...notes, note, ...next.notes] };
  }
}

/** Whether this machine does not have a binary and cannot make it. */
function isUnavailable(error: unknown): error is SandkubeError {
  return error instanceof SandkubeError && (error.exit === "artifact" || error.exit === "unsupported");
}
