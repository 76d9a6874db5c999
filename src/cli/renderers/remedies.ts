import type { AppliedRemedy } from "../../contract/remedy.ts";
import { style } from "./style.ts";

/** Says what was done to make the machine fit, and what is not as it seems. */
export function renderRemedies(remedies: readonly AppliedRemedy[], colour: boolean): string {
  if (remedies.length === 0) return "No remedy was needed on this machine.\n";
  return [
    "Remedies in force:\n",
    ...remedies.map(
      ({ title, fidelity, disclosure }) =>
        `  ${title} ${style(`[${fidelity}]`, fidelity === "exact" ? "good" : "warn", colour)}\n    ${disclosure}\n`,
    ),
  ].join("");
}
