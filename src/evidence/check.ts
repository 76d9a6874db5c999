import type { CheckOutcome } from "../contract/check.ts";
import { clusterModes, runsContainers, type ClusterMode } from "../contract/cluster-spec.ts";
import type { ClusterView } from "./cluster-view.ts";

/** What a claim is about, and so which kinds of cluster it is made of. */
export type CheckScope = "cluster" | "nodes" | "containers";

/** The kinds of cluster of each scope, and why others have nothing of the kind. */
export const scopes: Readonly<Record<CheckScope, { readonly modes: readonly ClusterMode[]; readonly lack: string }>> = {
  cluster: { modes: clusterModes, lack: "" },
  nodes: { modes: ["node", "host-network", "simulated"], lack: "this cluster has no nodes" },
  containers: { modes: clusterModes.filter(runsContainers), lack: "no container runs in this cluster" },
};

/** What a check found; the evidence is in the {@link ClusterView} it was given. */
export interface Finding {
  readonly outcome: CheckOutcome;
  readonly because: string;
}

/** Proves one claim about a running cluster, or fails to. */
export interface Check {
  /** In kebab-case; part of the command line and of reports. */
  readonly id: string;
  /** A sentence that can be true or false. */
  readonly claim: string;
  readonly scope: CheckScope;
  /** The id of a check without which this one cannot tell anything. It comes earlier in the catalogue. */
  readonly needs?: string;
  /** Whether it makes nothing in the cluster, so that it can tell something where nothing can be made. */
  readonly alone?: boolean;
  /**
   * Looks. What it throws is an outcome, too: a {@link Refutation} refutes the
   * claim, anything else means that it could not be told.
   */
  run(cluster: ClusterView, signal: AbortSignal): Promise<Finding>;
}

/** Thrown where a claim is seen not to be so. */
export class Refutation extends Error {
  override readonly name = "Refutation";
}

/** The claim was seen to hold. */
export function proved(because: string): Finding {
  return { outcome: "proved", because };
}

/** The claim was seen not to hold. */
export function refuted(because: string): Finding {
  return { outcome: "refuted", because };
}

/** Proved where the condition holds, and refuted where it does not. */
export function judge(holds: boolean, because: string): Finding {
  return holds ? proved(because) : refuted(because);
}

/** There is nothing of the kind here. */
export function notApplicable(because: string): Finding {
  return { outcome: "not-applicable", because };
}

/** It could not be told. */
export function inconclusive(because: string): Finding {
  return { outcome: "inconclusive", because };
}
