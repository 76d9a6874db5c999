import type { ProvedRemedy } from "../../contract/remedy.ts";
import { inconclusive, proved, refuted, type Check } from "../check.ts";

/**
 * Which check shows a remedy at work where nothing could be measured again at the
 * start, because nothing would have ended there. The others are shown by a pod
 * that runs.
 */
const shownBy: Readonly<Record<string, string>> = {
  "accept-forwarding": "pod-to-pod",
  "cgroup-resource-metrics": "resource-metrics",
  "other-iptables": "egress",
  "source-nat": "egress",
  "no-egress": "egress",
  "no-outside-names": "dns-outside",
  // A pod runs without it (docs/lab.md); nobody enters one, and this check asks by exec.
  "shared-pid-namespace": "environment-variables",
};

/** A check for each remedy in force: that what it was applied for is cleared. */
export function remedyChecks(remedies: readonly ProvedRemedy[]): readonly Check[] {
  return remedies.map(({ id, title, clears, proved: proof }): Check => {
    const shown = proof.outcome === "inconclusive" ? (shownBy[id] ?? "pod-runs") : undefined;
    return {
      id: `remedy-${id}`,
      claim: `The remedy "${title}" works: ${clears.join(", ")} stops nothing any more`,
      scope: "cluster",
      ...(shown === undefined ? { alone: true } : { needs: shown }),
      run: (cluster) => {
        cluster.exhibit(`supervisor.json: the proof of ${id}`, `${proof.outcome}: ${proof.because}`);
        if (proof.outcome === "proved") return Promise.resolve(proved(proof.because));
        if (proof.outcome === "refuted") return Promise.resolve(refuted(proof.because));
        return Promise.resolve(
          shown === undefined
            ? inconclusive(proof.because)
            : proved(`${shown} was proved, which it could not be without`),
        );
      },
    };
  });
}
