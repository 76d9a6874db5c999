/** What one run gave: milliseconds, but for what ends in Bytes. */
export type Figures = Readonly<Record<FigureName, number>>;

/** What is measured, in the order of the table. */
export const figureNames = {
  apiReadyMs: "up: API server ready",
  nodeReadyMs: "up: node Ready",
  upMs: "up: the command returns",
  podReadyMs: "pod created to Ready (median of 5)",
  execMs: "kubectl exec true (median of 5)",
  rssBytes: "sum of RSS, empty cluster",
  downMs: "down",
} as const;

/** The name of a figure. */
export type FigureName = keyof typeof figureNames;

/** The middle value; the mean of the two in the middle where their number is even. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** A Markdown table with medians, smallest and largest values, and ratios. */
export function renderFigures(
  results: { readonly plain: readonly Figures[]; readonly sandboxed: readonly Figures[]; readonly title: string },
  summarize: (values: readonly number[]) => number,
): string {
  const rows = Object.entries(figureNames).map(([key, title]) => {
    const name = key as FigureName;
    const of = (runs: readonly Figures[]): number[] => runs.map((run) => run[name]);
    const cell = (values: readonly number[]): string =>
      `${show(name, summarize(values))} (${show(name, Math.min(...values))} to ${show(name, Math.max(...values))})`;
    const ratio = summarize(of(results.sandboxed)) / summarize(of(results.plain));
    return `| ${title} | ${cell(of(results.plain))} | ${cell(of(results.sandboxed))} | ${ratio.toFixed(2)} |\n`;
  });
  return `| figure | plain Linux | ${results.title} | ratio |\n|---|---|---|---|\n${rows.join("")}`;
}

function show(name: FigureName, value: number): string {
  return name === "rssBytes" ? `${(value / 1e9).toFixed(2)} GB` : `${(value / 1000).toFixed(2)} s`;
}
