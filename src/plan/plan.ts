import type { Blocker } from "../contract/blocker.ts";
import { runsContainers, type ClusterMode, type ClusterSpec } from "../contract/cluster-spec.ts";
import type { ComponentName } from "../contract/component-name.ts";
import type { Facts } from "../contract/observation.ts";
import type { Plan, PlannedBlocker } from "../contract/plan.ts";
import type { Fidelity, Remedy } from "../contract/remedy.ts";

/** What a plan is made from besides facts. */
export interface PlanInputs {
  readonly blockers: readonly Blocker[];
  /** In the order in which they are applied, the cheaper of two before the dearer. */
  readonly remedies: readonly Remedy[];
  readonly mode: ClusterMode;
  /** Remedies that were tried on this machine and did not work, by id, and why. */
  readonly failed?: ReadonlyMap<string, string>;
  /** Remedies that the user does not want, by id. */
  readonly avoided?: readonly string[];
  /** The components of add-ons, besides the mode's own. */
  readonly further?: readonly ComponentName[];
}

const controlPlane = ["kine", "kube-apiserver", "kube-controller-manager", "kube-scheduler"] as const;

const node = [...controlPlane, "containerd", "kubelet", "coredns", "service-relay"] as const;

const componentsOf: Readonly<Record<ClusterMode, readonly ComponentName[]>> = {
  node,
  "host-network": node,
  simulated: [...controlPlane, "kwok"],
  "control-plane": controlPlane,
};

const byFidelity: readonly Fidelity[] = ["exact", "emulated", "stubbed"];

/** Judges a machine and chooses what to do about it. Pure. */
export function makePlan(facts: Facts, inputs: PlanInputs): Plan {
  const { blockers, remedies, mode } = inputs;
  const planned = blockers.map((blocker) => planBlocker(blocker, facts, inputs));
  const chosen = new Set(planned.map(({ remedy }) => remedy));
  const standing = planned.filter(
    ({ remedy, stops, concerned }) => remedy === undefined && stops.length > 0 && concerned,
  );
  return {
    mode,
    blockers: planned,
    remedies: remedies.filter((remedy) => chosen.has(remedy)),
    unresolved: standing.filter(({ diagnosis }) => diagnosis.verdict === "blocked"),
    uncertain: standing.filter(({ diagnosis }) => diagnosis.verdict === "unknown"),
  };
}

/** The specification with every remedy of the plan applied, in the catalogue's order; mounts say whose they are. Pure. */
export function applyPlan(plan: Plan, spec: ClusterSpec, facts: Facts): ClusterSpec {
  return plan.remedies.reduce((before, remedy) => {
    const after = remedy.adjust(before, facts);
    const mounts = after.mounts.map((mount) =>
      before.mounts.includes(mount) ? mount : { ...mount, remedy: remedy.id },
    );
    return { ...after, mounts };
  }, spec);
}

function planBlocker(
  blocker: Blocker,
  facts: Facts,
  { remedies, mode, failed, avoided = [], further = [] }: PlanInputs,
): PlannedBlocker {
  const diagnosis = blocker.diagnose(facts);
  const concerned = concerns(mode, blocker) || blocker.stops.some((name) => further.includes(name));
  const base = { id: blocker.id, title: blocker.title, stops: blocker.stops, concerned, diagnosis };
  if (diagnosis.verdict === "clear" || !concerned) {
    return { ...base, remedy: undefined, rejected: [] };
  }
  const candidates = remedies
    .filter((remedy) => remedy.clears.includes(blocker.id))
    .sort((a, b) => byFidelity.indexOf(a.fidelity) - byFidelity.indexOf(b.fidelity));
  const rejected: { remedy: string; because: string }[] = [];
  for (const remedy of candidates) {
    const feasible = remedy.feasible(facts);
    const failure = failed?.get(remedy.id);
    if (avoided.includes(remedy.id)) {
      rejected.push({ remedy: remedy.id, because: "it is to be avoided" });
    } else if (failure !== undefined) {
      rejected.push({ remedy: remedy.id, because: `it was tried and failed: ${failure}` });
    } else if (feasible.verdict !== "clear") {
      rejected.push({ remedy: remedy.id, because: feasible.because });
    } else if (diagnosis.verdict === "unknown" && !remedy.harmless) {
      rejected.push({ remedy: remedy.id, because: "it is not known to be needed, and it is not harmless" });
    } else {
      return { ...base, remedy, rejected };
    }
  }
  return { ...base, remedy: undefined, rejected };
}

/** A blocker that stops nothing takes something from pods, and so concerns nodes. */
function concerns(mode: ClusterMode, { stops, modes }: Blocker): boolean {
  if (modes !== undefined) return modes.includes(mode);
  return stops.length === 0 ? runsContainers(mode) : stops.some((name) => componentsOf[mode].includes(name));
}
