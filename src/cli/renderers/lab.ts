import type { LabMachine, LabReport } from "../../cluster/lab.ts";
import type { LabRun } from "../../cluster/run-experiment.ts";

/** Shows what came of the experiments, as Markdown: docs/lab.md is this. */
export function renderLab({ machines }: LabReport): string {
  return machines.map(renderMachine).join("\n");
}

function renderMachine({ gvisor, plan, runs }: LabMachine): string {
  const columns = [
    "experiment",
    "control plane",
    "runtime",
    "registered",
    "node Ready",
    "pod answered",
    "ran for",
    "end",
  ];
  return [
    `## ${gvisor === null ? "This machine" : `gVisor ${gvisor}, \`agent\` profile`}`,
    "",
    `The planner chooses \`${plan.mode}\` with ${plan.remedies.length === 0 ? "no remedy" : plan.remedies.map((id) => `\`${id}\``).join(", ")}.`,
    "",
    row(columns),
    row(columns.map(() => "---")),
    ...runs.map((run) =>
      row([
        run.experiment,
        ...run.stages.map(({ reachedMs }) => seconds(reachedMs)),
        seconds(run.ranForMs),
        run.outcome,
      ]),
    ),
    "",
    ...runs.flatMap(renderRun),
  ].join("\n");
}

function renderRun(run: LabRun): string[] {
  const found = run.evidence.filter(({ count }) => count > 0);
  const absent = run.evidence.filter(({ count }) => count === 0);
  return [
    `### ${run.experiment}: ${run.title}`,
    "",
    `${run.question} Remedies in force: ${run.remedies.length === 0 ? "none" : run.remedies.map((id) => `\`${id}\``).join(", ")}.`,
    "",
    `- ${run.outcome}: ${code(run.because)}`,
    `- API server ready after ${seconds(run.apiReadyMs)}`,
    ...found.map(({ means, count, first }) => `- found, ${String(count)} times: ${means}: ${code(first ?? "")}`),
    `- not found: ${absent.map(({ id }) => id).join(", ")}`,
    ...(run.proof === null
      ? []
      : [
          `- ${run.proof.outcome}: ${run.proof.because}`,
          ...run.proof.exhibits.map(({ source, content }) => `  - ${code(source)}: ${code(content.trim())}`),
        ]),
    "",
  ];
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function seconds(milliseconds: number | null): string {
  return milliseconds === null ? "no" : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** Text as code on one line, whatever backticks and bars it holds. */
function code(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").replaceAll("`", "'").replaceAll("|", "¦");
  return line === "" ? "nothing" : `\`${line}\``;
}
