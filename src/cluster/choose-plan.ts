import { blockers } from "../blockers/catalogue.ts";
import type { ClusterMode, Egress } from "../contract/cluster-spec.ts";
import type { Facts } from "../contract/observation.ts";
import type { Plan, PlannedBlocker } from "../contract/plan.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { makePlan } from "../plan/plan.ts";
import { probes } from "../probes/catalogue.ts";
import { defaultRoute } from "../probes/default-route.ts";
import { measureAll } from "../probes/measure-all.ts";
import { packetRules } from "../probes/packet-rules.ts";
import { remedies } from "../remedies/catalogue.ts";
import type { Session } from "./session.ts";

/** Measures every fact about this machine. */
export function measureFacts(stateDirectory: string, { host, signal }: Session): Promise<Facts> {
  return measureAll(probes, { host, signal, subject: { stateDirectory } });
}

/** What is to be done on a machine, and what is not as asked. */
export interface ChosenPlan {
  readonly plan: Plan;
  readonly notes: readonly string[];
}

/**
 * Plans for the mode that the user asked for or, where none was named, for the
 * fullest one that this machine allows.
 *
 * @throws SandkubeError (unsupported) where no mode is left, with every reason
 */
export function choosePlan(facts: Facts, wanted: ClusterMode | undefined): ChosenPlan {
  const catalogue = { blockers, remedies };
  const plan = makePlan(facts, { ...catalogue, mode: wanted ?? "node" });
  if (plan.unresolved.length === 0) return { plan, notes: [] };
  if (wanted !== undefined) throw cannot(wanted, plan.unresolved);
  const smaller = makePlan(facts, { ...catalogue, mode: "control-plane" });
  if (smaller.unresolved.length > 0) throw cannot("control-plane", smaller.unresolved);
  return {
    plan: smaller,
    notes: [
      `This machine cannot run a node, so only the control plane is started: pods are accepted and none runs. ${reasons(plan.unresolved).join(" ")}`,
    ],
  };
}

/** The usual way for packets of pods to leave; remedies put another in its place where it does not work. */
export function usualEgress(facts: Facts): Egress {
  const route = facts.value(defaultRoute);
  if (!route) return { kind: "none", because: "this machine has no default route" };
  const iptables = facts.value(packetRules)?.variants[0]?.path ?? "iptables";
  return { kind: "masquerade", iptables, link: route.link };
}

function cannot(mode: ClusterMode, unresolved: readonly PlannedBlocker[]): SandkubeError {
  return new SandkubeError({
    title: mode === "node" ? "This machine cannot run a node" : "This machine cannot run a control plane",
    message: reasons(unresolved).join("\n"),
    hint:
      mode === "node"
        ? "`sandkube doctor` tells more; `--mode control-plane` needs none of this."
        : "`sandkube doctor` tells more.",
    exit: "unsupported",
  });
}

function reasons(unresolved: readonly PlannedBlocker[]): string[] {
  return unresolved.map(({ title, diagnosis, rejected }) => {
    const because = diagnosis.verdict === "clear" ? "" : `: ${diagnosis.because}`;
    const tried = rejected.map(({ remedy, because: why }) => ` (${remedy}: ${why})`).join("");
    return `${title}${because}.${tried}`;
  });
}
