import type { AppliedRemedy, ProvedRemedy } from "../../contract/remedy.ts";
import { style } from "./style.ts";

/** Says what was done to make the machine fit, and what is not as it seems. */
export function renderRemedies(remedies: readonly (AppliedRemedy | ProvedRemedy)[], colour: boolean): string {
  if (remedies.length === 0) return "No remedy was needed on this machine.\n";
  return [
    "Remedies in force:\n",
    ...remedies.map((remedy) => {
      const { title, fidelity, disclosure } = remedy;
      const proof = "proved" in remedy ? proofLine(remedy.proved, colour) : "";
      return `  ${title} ${style(`[${fidelity}]`, fidelity === "exact" ? "good" : "warn", colour)}\n    ${disclosure}\n${proof}`;
    }),
  ].join("");
}

function proofLine({ outcome, because }: ProvedRemedy["proved"], colour: boolean): string {
  if (outcome === "proved") return "";
  return `    ${style(outcome === "refuted" ? "does not work" : "not proved", outcome === "refuted" ? "bad" : "dim", colour)}: ${because}\n`;
}
