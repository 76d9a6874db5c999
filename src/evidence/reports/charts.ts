import { componentNames } from "../../contract/component-name.ts";
import { duration } from "../../contract/quantities.ts";
import type { TimelineEntry } from "../../contract/report.ts";
import { html, type Markup } from "./markup.ts";
import { waterfall, type Waterfall, type WaterfallBar } from "./waterfall.ts";

const components: readonly string[] = componentNames;

/**
 * Draws a boot as bars on one scale, a line a step. Names and times are text, so
 * that they are as large on a phone; only what is a picture is SVG.
 */
export function waterfallChart(timeline: readonly TimelineEntry[]): Markup {
  const chart = waterfall(timeline);
  return html`<ol class="waterfall">
      <li class="axis" aria-hidden="true"><span class="name"></span>${axis(chart)}<span class="took"></span></li>
      ${chart.bars.map((bar) => row(bar, chart))}
    </ol>
    <p class="legend">
      <span>${swatch("bar")}a component, until it is ready</span><span>${swatch("bar-other")}a step or a task</span>
    </p>`;
}

function row(bar: WaterfallBar, { ticks }: Waterfall): Markup {
  const { name, startMs, endMs, left, width } = bar;
  const took = endMs === null ? "goes on" : duration(endMs - startMs);
  const label = `${name}: ${endMs === null ? "goes on" : `took ${took}`}, from ${duration(startMs)} after the start`;
  return html`<li>
    <span class="name">${name}</span
    ><svg role="img" aria-label="${label}">
      ${gridLines(ticks)}
      <rect
        class="${components.includes(name) ? "bar" : "bar-other"}"
        x="${percent(left)}"
        y="25%"
        width="${percent(width)}"
        height="50%"
        rx="3"
      /></svg
    ><span class="took">${took}</span>
  </li> `;
}

function gridLines(ticks: Waterfall["ticks"]): readonly Markup[] {
  return ticks.map(
    ({ left }) => html`<line class="grid" x1="${percent(left)}" x2="${percent(left)}" y1="0" y2="100%" />`,
  );
}

function axis({ ticks }: Waterfall): Markup {
  const label = ({ atMs, left }: Waterfall["ticks"][number]): Markup => {
    const anchor = left < 4 ? "start" : left > 92 ? "end" : "middle";
    return html`<text x="${percent(left)}" y="75%" text-anchor="${anchor}">${tick(atMs)}</text>`;
  };
  return html`<svg>${ticks.map(label)}</svg>`;
}

function tick(milliseconds: number): string {
  if (milliseconds === 0) return "0";
  return milliseconds >= 1000 ? `${String(milliseconds / 1000)} s` : `${String(milliseconds)} ms`;
}

function swatch(name: string): Markup {
  return html`<svg aria-hidden="true"><rect class="${name}" width="100%" height="100%" rx="3" /></svg>`;
}

/** A curve over time, and how it is labelled. */
export interface Curve {
  readonly title: string;
  /** What it came to, in few words. */
  readonly says: string;
  /** What stands below it, at the left and at the right. */
  readonly below: readonly [string, string];
  readonly times: readonly number[];
  readonly values: readonly (number | null)[];
  /** The value at the top of the picture. */
  readonly top: number;
  /** What somebody who does not see it is told. */
  readonly label: string;
}

const box = { width: 1000, height: 100 };

/** Draws a curve as an area; a gap is a time at which there was no value. */
export function curveChart({ title, says, below, times, values, top, label }: Curve): Markup {
  const end = times.at(-1) ?? 0;
  const runs = unbroken(
    values.map((value, index) =>
      value === null
        ? null
        : {
            x: end <= 0 ? 0 : ((times[index] ?? 0) / end) * box.width,
            y: box.height - (Math.min(value, top) / (top <= 0 ? 1 : top)) * box.height,
          },
    ),
  );
  const line = runs.map((run) => `M${run.map(({ x, y }) => `${coordinate(x)} ${coordinate(y)}`).join("L")}`).join("");
  const area = runs
    .map((run) => {
      const points = run.map(({ x, y }) => `${coordinate(x)} ${coordinate(y)}`).join("L");
      return `M${coordinate(run[0]?.x ?? 0)} ${String(box.height)}L${points}L${coordinate(run.at(-1)?.x ?? 0)} ${String(box.height)}Z`;
    })
    .join("");
  return html`<div class="curve">
    <p class="label"><span>${title}</span><b>${says}</b></p>
    <svg role="img" aria-label="${label}" viewBox="0 0 ${box.width} ${box.height}" preserveAspectRatio="none">
      <path class="area" d="${area}" />
      <path class="stroke" d="${line}" />
    </svg>
    <p class="ends"><span>${below[0]}</span><span>${below[1]}</span></p>
  </div>`;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

function unbroken(points: readonly (Point | null)[]): readonly (readonly Point[])[] {
  const runs: Point[][] = [];
  let open = false;
  for (const point of points) {
    if (point === null) {
      open = false;
      continue;
    }
    if (!open) runs.push([]);
    open = true;
    runs.at(-1)?.push(point);
  }
  return runs;
}

function coordinate(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function percent(value: number): string {
  return `${String(Math.round(value * 100) / 100)}%`;
}
