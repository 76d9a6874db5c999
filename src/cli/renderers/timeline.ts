import type { TimelineEntry } from "../../contract/report.ts";

const width = 40;

/** Draws the boot as bars on one scale, a line a step. */
export function renderTimeline(timeline: readonly TimelineEntry[]): string {
  const end = Math.max(1, ...timeline.map(({ startMs, endMs }) => endMs ?? startMs));
  const nameWidth = Math.max(0, ...timeline.map(({ name }) => name.length));
  const column = (milliseconds: number): number => Math.round((milliseconds / end) * width);
  return timeline
    .map(({ name, startMs, endMs }) => {
      const from = column(startMs);
      const length = Math.max(1, column(endMs ?? end) - from);
      const bar = `${" ".repeat(from)}${"━".repeat(length)}`.padEnd(width + 1);
      const took = endMs === null ? "goes on" : `${((endMs - startMs) / 1000).toFixed(2)} s`;
      return `  ${name.padEnd(nameWidth)}  ${bar} ${took}\n`;
    })
    .join("");
}
