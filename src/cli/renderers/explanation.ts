import type { ExplainReport, RemedyOutline } from "../../cluster/explain.ts";
import type { Diagnosis } from "../../contract/blocker.ts";
import { style } from "./style.ts";

/** Explains a blocker or a remedy on a terminal. */
export function renderExplanation(report: ExplainReport, colour: boolean): string {
  const head = `${style(report.title, "bold", colour)} (${report.kind} ${report.id})`;
  const history = report.history === null ? [] : ["", "Before sandkube:", `  ${report.history}`];
  if (report.kind === "remedy") {
    return [
      head,
      ...outline(report, colour),
      "",
      "Clears:",
      ...report.clears.map(({ id, title, here }) => `  ${title} (${id})${verdictOf(here, colour)}`),
      ...history,
      "",
    ].join("\n");
  }
  const stops = report.stops.length === 0 ? "nothing; something is lost" : report.stops.join(", ");
  return [
    head,
    `  wanted: ${report.wants}`,
    `  here:${verdictOf(report.here, colour) || " not looked at"}`,
    `  stops: ${stops}`,
    `  measured by: ${report.probes.join(", ")}`,
    `  source: ${report.upstream}`,
    "",
    report.remedies.length === 0 ? "No remedy is known." : "Remedies, in the order in which they are tried:",
    ...report.remedies.flatMap((remedy) => [
      `  ${remedy.title} (${remedy.id})`,
      ...outline(remedy, colour).map((line) => `  ${line}`),
    ]),
    ...history,
    "",
  ].join("\n");
}

function outline({ fidelity, cost, disclosure, feasible }: RemedyOutline, colour: boolean): string[] {
  return [
    `  fidelity: ${style(fidelity, fidelity === "exact" ? "good" : "warn", colour)}`,
    `  cost: ${cost}`,
    `  ${disclosure}`,
    ...(feasible === null
      ? []
      : [`  ${feasible.verdict === "clear" ? "can be applied here" : `cannot be applied here: ${feasible.because}`}`]),
  ];
}

function verdictOf(here: Diagnosis | null, colour: boolean): string {
  if (here === null) return "";
  if (here.verdict === "clear") return ` ${style("clear", "good", colour)}`;
  return ` ${style(here.verdict, here.verdict === "blocked" ? "bad" : "warn", colour)}: ${here.because}`;
}
