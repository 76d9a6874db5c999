import type { AppliedRemedy, ProvedRemedy } from "../contract/remedy.ts";
import type { SupervisorState } from "../supervisor/supervisor-state.ts";

const untold = { outcome: "inconclusive", because: "it has not been measured again" } as const;

/** Remedies in force, with what the supervisor measured after they were applied. */
export function withProofs(
  remedies: readonly AppliedRemedy[],
  state: SupervisorState | undefined,
): readonly ProvedRemedy[] {
  return remedies.map((remedy) => {
    const { outcome, because } = state?.proofs?.[remedy.id] ?? untold;
    return { ...remedy, proved: { outcome, because } };
  });
}
