import type { CheckedClaim, CheckOutcome } from "../../contract/check.ts";
import type { Exhibit } from "../../contract/observation.ts";
import { bytes, duration } from "../../contract/quantities.ts";
import type { ClusterReport, FactReport } from "../../contract/report.ts";
import {
  consequence,
  disclosures,
  environmentRows,
  factValue,
  findings,
  furtherFacts,
  moment,
  nodeLine,
  notVerified,
  sentence,
  type Finding,
} from "./findings.ts";
import { escapeHtml } from "./markup.ts";
import { resourceCurves } from "./resource-curves.ts";
import { waterfall } from "./waterfall.ts";

/** Writes a report as Markdown (CommonMark with tables, as on GitHub); exhibits fold where HTML is shown. */
export function markdownReport(report: ClusterReport): string {
  const { cluster, rung } = report;
  const blocks = [
    `# sandkube report: ${prose(cluster.name)}`,
    [
      `- state: **${cluster.state}**, ${prose(nodeLine(report))}`,
      `- Kubernetes ${prose(cluster.kubernetesVersion)}: ${prose(rung.title)} \\[${rung.fidelity}\\]. ${prose(rung.disclosure)}`,
      `- made ${moment(report.madeAt)}; the cluster was created ${moment(cluster.createdAt)}`,
    ].join("\n"),
    "## What is not as it seems",
    ...faithfulness(report),
    "## Environment",
    measured(report),
    table(["", ""], environmentRows(report)),
    "## Blockers and remedies",
    ...blockerBlocks(report),
    "## Boot",
    ...boot(report),
    "## Checks",
    ...checks(report),
    "## Resource use",
    ...resources(report),
    "## Components and logs",
    ...components(report),
    "## Further facts",
    ...furtherFacts(report).map(factBlock),
    "## Versions",
    table(
      ["what", "version"],
      report.environment.versions.artifacts.map(({ name, version }) => [name, version]),
    ),
  ];
  return `${blocks.join("\n\n")}\n`;
}

function faithfulness(report: ClusterReport): readonly string[] {
  const told = disclosures(report).map(
    ({ title, fidelity, text }) => `- **${prose(title)}** \\[${fidelity}\\]: ${prose(text)}`,
  );
  const notes = report.notes.map((note) => `- ${prose(note)}`);
  const all = [...told, ...notes];
  return [all.length === 0 ? "Everything is as it seems: no fake is in force." : all.join("\n")];
}

function measured({ environment: { measuredAt } }: ClusterReport): string {
  return measuredAt === null
    ? "Measured for this report."
    : `Measured ${moment(measuredAt)}, when the cluster was started.`;
}

function blockerBlocks(report: ClusterReport): readonly string[] {
  const found = findings(report);
  const clear = report.blockers.filter(({ verdict }) => verdict === "clear");
  return [
    ...(found.length === 0 ? ["No blocker is here."] : found.map(findingBlock)),
    ...(clear.length === 0
      ? []
      : [
          fold(
            `${String(clear.length)} further blockers are not here`,
            clear.map(({ id, title }) => `- ${prose(title)} (${code(id)})`).join("\n"),
          ),
        ]),
  ];
}

function findingBlock({ blocker, remedy, facts }: Finding): string {
  const done =
    remedy === undefined
      ? ["- left as it is: no remedy is in force"]
      : [
          `- remedy: **${prose(remedy.title)}** \\[${remedy.fidelity}\\] (${code(remedy.id)})`,
          `- disclosure: ${prose(remedy.disclosure)}`,
          `- cost: ${prose(remedy.cost)}`,
          `- remedy ${remedy.proved.outcome}: ${prose(remedy.proved.because)}`,
        ];
  return [
    `### ${prose(blocker.title)}`,
    [
      `- ${blocker.verdict} (${code(blocker.id)}): ${prose(sentence(blocker.because ?? ""))}`,
      `- ${prose(consequence(blocker))} Source: ${link(blocker.upstream)}`,
      ...done,
      ...blocker.rejected.map(({ remedy: other, because }) => `- not ${code(other)}: ${prose(because)}`),
    ].join("\n"),
    ...facts.map(factBlock),
  ].join("\n\n");
}

function factBlock(fact: FactReport): string {
  const { id, title, exhibits } = fact;
  return fold(`${title} (${id}), ${fact.kind}`, [fenced(factValue(fact)), ...exhibits.map(exhibitBlock)].join("\n\n"));
}

function exhibitBlock({ source, content }: Exhibit): string {
  return `${code(source)}\n\n${fenced(content)}`;
}

function boot(report: ClusterReport): readonly string[] {
  if (report.boot === null) return ["Nothing was written down of it."];
  const { bars, totalMs } = waterfall(report.boot.timeline);
  const columns = 30;
  return [
    `Started ${moment(report.boot.startedAt)}; it took ${duration(totalMs)}.`,
    table(
      ["step", "start", "took", ""],
      bars.map(({ name, startMs, endMs, left, width }) => {
        const from = Math.min(columns - 1, Math.round((left / 100) * columns));
        const length = Math.max(1, Math.min(columns - from, Math.round((width / 100) * columns)));
        const bar = `${"·".repeat(from)}${"█".repeat(length)}`.padEnd(columns, "·");
        return [name, duration(startMs), endMs === null ? "goes on" : duration(endMs - startMs), bar];
      }),
    ),
  ];
}

const signs: Readonly<Record<CheckOutcome, string>> = {
  proved: "✓",
  refuted: "✗",
  inconclusive: "?",
  "not-applicable": "–",
};

function checks({ verification }: ClusterReport): readonly string[] {
  if (verification === null) return [notVerified];
  const { verdict, counts, startedAt, durationMs, beforeStart, left } = verification;
  const said = (Object.keys(signs) as CheckOutcome[]).map((outcome) => `${String(counts[outcome])} ${outcome}`);
  return [
    `**${verdict}**: ${said.join(", ")}; ${moment(startedAt)}, in ${duration(durationMs)}.`,
    ...(beforeStart ? ["This was before the cluster was last started: run `sandkube verify` again."] : []),
    ...(left.length === 0 ? [] : [`Left behind:\n\n${left.map((text) => `- ${prose(text)}`).join("\n")}`]),
    ...verification.checks.map(checkBlock),
  ];
}

function checkBlock({ id, claim, outcome, because, exhibits, durationMs }: CheckedClaim): string {
  return fold(
    `${signs[outcome]} ${outcome}: ${claim} (${id}, ${duration(durationMs)})`,
    [prose(because), ...exhibits.map(exhibitBlock)].join("\n\n"),
  );
}

function resources(report: ClusterReport): readonly string[] {
  if (report.resources === null) return ["Nothing was sampled."];
  const { times, together, each } = resourceCurves(report.resources);
  return [
    `Over ${duration(times.at(-1) ?? 0)} from ${moment(report.resources.startedAt)}. Only a component's own process counts; memory that processes share counts for each.`,
    table(
      ["process", "memory now", "most", "over time", "processor time", "share of one processor", "most", "over time"],
      [...each, together].map((curve) => [
        curve.name,
        curve.lastRssBytes === null ? "–" : bytes(curve.lastRssBytes),
        bytes(curve.peakRssBytes),
        sparkline(curve.rssBytes),
        duration(curve.cpuMs),
        `${curve.averageCpuPercent.toFixed(1)} %`,
        `${curve.peakCpuPercent.toFixed(0)} %`,
        sparkline(curve.cpuPercent),
      ]),
    ),
  ];
}

/** A curve in a few characters: the most of each part, from zero to the highest. */
export function sparkline(values: readonly (number | null)[], columns = 20): string {
  const steps = "▁▂▃▄▅▆▇█";
  const most = Math.max(0, ...values.filter((value) => value !== null));
  const count = Math.min(columns, values.length);
  return Array.from({ length: count }, (_, column) => {
    const from = Math.floor((column / count) * values.length);
    const to = Math.max(from + 1, Math.floor(((column + 1) / count) * values.length));
    const part = values.slice(from, to).filter((value) => value !== null);
    if (part.length === 0) return " ";
    return steps[most === 0 ? 0 : Math.round((Math.max(...part) / most) * (steps.length - 1))] ?? "";
  }).join("");
}

function components({ components: all, logs }: ClusterReport): readonly string[] {
  return [
    all.length === 0
      ? "No component runs."
      : table(
          ["component", "state", "restarts", ""],
          all.map(({ name, state, restarts, because }) => [name, state, String(restarts), because ?? ""]),
        ),
    logs.length === 0
      ? "No log is there."
      : table(
          ["log", "size"],
          logs.map(({ path, bytes: size }) => [path, bytes(size)]),
        ),
  ];
}

/** A text as it stands in Markdown, on one line, with nothing in it that Markdown or HTML would act on. */
export function prose(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\`*_[\]<>&|~#!$]/g, "\\$&");
}

/** A text word for word on one line. */
export function code(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  const fence = longest(line, 1);
  const pad = line.startsWith("`") || line.endsWith("`") || line === "" ? " " : "";
  return `${fence}${pad}${line}${pad}${fence}`;
}

/** A text word for word on lines of its own. */
export function fenced(text: string): string {
  const fence = longest(text, 3);
  return `${fence}text\n${text}\n${fence}`;
}

/** Backticks that are more than any in the text. */
function longest(text: string, least: number): string {
  const runs = (text.match(/`+/g) ?? []).map(({ length }) => length + 1);
  return "`".repeat(Math.max(least, ...runs));
}

function link(address: string): string {
  return /^https:\/\/[^\s<>\\]+$/.test(address) ? `<${address}>` : prose(address);
}

function fold(summary: string, content: string): string {
  return `<details><summary>${escapeHtml(summary.replace(/\s+/g, " "))}</summary>\n\n${content}\n\n</details>`;
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => prose(cell)).join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}
