import type { VerifyReport } from "../../cluster/verify.ts";
import type { CheckedClaim, CheckOutcome } from "../../contract/check.ts";
import { seconds } from "./progress.ts";
import { style, type Style } from "./style.ts";

const looks: Readonly<Record<CheckOutcome, { readonly sign: string; readonly how: Style }>> = {
  proved: { sign: "✓", how: "good" },
  refuted: { sign: "✗", how: "bad" },
  inconclusive: { sign: "?", how: "warn" },
  "not-applicable": { sign: "-", how: "dim" },
};

/**
 * Sums a verification up: what was not proved and why, the counts and the
 * verdict. With `verbose` every check is shown, with its evidence.
 */
export function renderVerification(report: VerifyReport, verbose: boolean, colour: boolean): string {
  const { checks, counts, verdict, left, durationMs } = report;
  const shown = checks.filter(({ outcome }) => verbose || outcome === "refuted" || outcome === "inconclusive");
  const said = Object.entries(counts).filter(([, count]) => count > 0);
  const how = verdict === "proved" ? "good" : verdict === "refuted" ? "bad" : "warn";
  return [
    ...shown.map((claim) => renderClaim(claim, verbose, colour)),
    ...left.map((text) => `${style("left behind", "bad", colour)}: ${text}\n`),
    `${style(verdict, how, colour)}: ${said.map(([outcome, count]) => `${String(count)} ${outcome.replace("-", " ")}`).join(", ")}, in ${seconds(durationMs)}\n`,
  ].join("");
}

function renderClaim(
  { id, claim, outcome, because, exhibits }: CheckedClaim,
  verbose: boolean,
  colour: boolean,
): string {
  const { sign, how } = looks[outcome];
  const evidence = verbose
    ? exhibits.flatMap(({ source, content }) => [
        `    ${style(source, "bold", colour)}`,
        ...content.split("\n").map((line) => style(`      ${line}`, "dim", colour)),
      ])
    : [];
  return [`${style(sign, how, colour)} ${id}: ${claim}`, `    ${outcome}: ${because}`, ...evidence, ""].join("\n");
}
