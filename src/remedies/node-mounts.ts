import type { Diagnosis } from "../contract/blocker.ts";
import type { ClusterSpec, NodeMount } from "../contract/cluster-spec.ts";
import type { Facts } from "../contract/observation.ts";
import { mountTrials } from "../probes/mount-trials.ts";

/** The specification with further mounts, which come after those it has. */
export function withMounts(spec: ClusterSpec, mounts: readonly NodeMount[]): ClusterSpec {
  return mounts.length === 0 ? spec : { ...spec, mounts: [...spec.mounts, ...mounts], privateMounts: true };
}

/** The kinds of mounts that the facts tell about. */
type MountKind = "tmpfs" | "bind" | "overProcSys" | "overlayOnTmpfs";

/** Whether the node can have a mount namespace of its own with these kinds of mounts. */
export function mountsFeasible(facts: Facts, kinds: readonly MountKind[]): Diagnosis {
  const observation = facts.of(mountTrials);
  if (observation.kind === "inconclusive") return { verdict: "unknown", because: observation.because };
  const trials = observation.value;
  for (const kind of ["namespace", ...kinds] as const) {
    if (!trials[kind].ok) return { verdict: "blocked", because: trials[kind].message };
  }
  return { verdict: "clear" };
}
