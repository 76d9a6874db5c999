import { blockers } from "../blockers/catalogue.ts";
import type { Blocker } from "../contract/blocker.ts";
import type { ClusterSpec } from "../contract/cluster-spec.ts";
import type { ComponentName } from "../contract/component-name.ts";
import type { Host } from "../contract/host.ts";
import type { AppliedRemedy, RemedyProof } from "../contract/remedy.ts";
import { measureAll } from "../probes/measure-all.ts";
import type { SupervisedTask } from "../supervisor/supervisor.ts";

/**
 * Measures again, from the supervisor's own mount namespace, which is the one
 * that components run in, what each remedy was applied for. A remedy made of
 * mounts is judged by its blocker's probes; one that is a component's setting by
 * the kubelet, which would have ended and now serves. containerd serves whatever
 * it lacks, and fails with the first pod.
 *
 * @param tell receives each proof, by the remedy's id
 */
export function proofTasks(
  spec: ClusterSpec,
  remedies: readonly AppliedRemedy[],
  host: Host,
  tell: (id: string, proof: RemedyProof) => void,
): readonly SupervisedTask[] {
  const mounted = new Set(spec.mounts.map(({ remedy }) => remedy));
  return remedies.map(({ id, clears }): SupervisedTask => {
    const cleared = blockers.filter((blocker) => clears.includes(blocker.id));
    const stops = [...new Set(cleared.flatMap((blocker) => blocker.stops))];
    if (mounted.has(id)) {
      return {
        name: `proof of ${id}`,
        after: [],
        run: async (signal) => {
          tell(id, await measureAgain(spec, cleared, host, signal));
        },
      };
    }
    return {
      name: `proof of ${id}`,
      after: stops,
      run: () => {
        tell(id, servedBy(stops));
        return Promise.resolve();
      },
    };
  });
}

async function measureAgain(
  spec: ClusterSpec,
  cleared: readonly Blocker[],
  host: Host,
  signal: AbortSignal,
): Promise<RemedyProof> {
  const probes = [...new Set(cleared.flatMap(({ needs }) => needs))];
  // Where containerd works is where overlayfs has to: a tmpfs over its directory does not change the one above.
  const facts = await measureAll(probes, { host, signal, subject: { stateDirectory: spec.containerd.rootDirectory } });
  const judged = cleared.map((blocker) => ({ title: blocker.title, diagnosis: blocker.diagnose(facts) }));
  for (const verdict of ["blocked", "unknown"] as const) {
    const standing = judged.flatMap(({ title, diagnosis }) =>
      diagnosis.verdict === verdict ? [`${title}: ${diagnosis.because}`] : [],
    );
    if (standing.length > 0) {
      return { outcome: verdict === "blocked" ? "refuted" : "inconclusive", because: standing.join("; ") };
    }
  }
  return {
    outcome: "proved",
    because: `measured again in the node's mount namespace: ${probes.map(({ id }) => id).join(", ")}`,
  };
}

function servedBy(stops: readonly ComponentName[]): RemedyProof {
  return stops.includes("kubelet")
    ? { outcome: "proved", because: "the kubelet, which would have ended, is ready" }
    : { outcome: "inconclusive", because: "nothing would have ended at the start; only a pod can show it" };
}
