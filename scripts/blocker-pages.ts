import { explainList, explanationOf, type BlockerExplanation } from "../src/cluster/explain.ts";

/**
 * Writes docs/blockers/: a page for each blocker of the catalogue and an index,
 * out of what `sandkube explain` says.
 *
 * @returns file name -> content
 */
export function blockerPages(): ReadonlyMap<string, string> {
  const pages = explainList().blockers.flatMap(({ id }) => {
    const explanation = explanationOf(id);
    return explanation.kind === "blocker" ? [explanation] : [];
  });
  return new Map([
    ["README.md", index(pages)],
    ...pages.map((page): [string, string] => [`${page.id}.md`, text(page)]),
  ]);
}

const generated = "<!-- Made by `npm run docs` from src/blockers/, src/remedies/ and src/cluster/history.ts. -->";

function index(pages: readonly BlockerExplanation[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    generated,
    "",
    "# Blockers",
    "",
    "What can stand in the way of Kubernetes on a machine, and what is done about it. `sandkube doctor` says which are here.",
    "",
    row(["blocker", "stops", "remedies"]),
    row(["---", "---", "---"]),
    ...pages.map(({ id, title, stops, remedies }) =>
      row([
        `[${title}](${id}.md)`,
        stops.length === 0 ? "nothing; something is lost" : stops.join(", "),
        remedies.length === 0 ? "none" : remedies.map((remedy) => `\`${remedy.id}\``).join(", "),
      ]),
    ),
    "",
  ].join("\n");
}

function text({ id, title, wants, stops, upstream, probes, remedies, history }: BlockerExplanation): string {
  const list = remedies.flatMap((remedy) => [
    `## \`${remedy.id}\`: ${remedy.title}`,
    "",
    `- fidelity: ${remedy.fidelity}`,
    `- cost: ${remedy.cost}`,
    `- ${remedy.disclosure}`,
    "",
  ]);
  return [
    generated,
    "",
    `# ${title}`,
    "",
    `\`${id}\` · stops: ${stops.length === 0 ? "nothing; something is lost" : stops.join(", ")} · measured by: ${probes.map((probe) => `\`${probe}\``).join(", ")}`,
    "",
    wants,
    "",
    `Source: <${upstream}>`,
    "",
    ...(history === null ? [] : ["Before sandkube:", "", `> ${history}`, ""]),
    ...(remedies.length === 0 ? ["No remedy is known.", ""] : list),
  ].join("\n");
}
