import type { TimelineEntry } from "../../contract/report.ts";

/** The boot on one scale: places are percent of its length. */
export interface Waterfall {
  /** From the start of `up` to the end of the last stretch (milliseconds). */
  readonly totalMs: number;
  readonly bars: readonly WaterfallBar[];
  /** Round numbers of milliseconds to draw a line at. */
  readonly ticks: readonly { readonly atMs: number; readonly left: number }[];
}

/** One stretch. */
export interface WaterfallBar extends TimelineEntry {
  readonly left: number;
  readonly width: number;
}

/** Narrower bars could not be seen (percent). */
const narrowest = 0.6;
const mostTicks = 6;

/** Puts the stretches of a boot on one scale. What has not ended reaches to the end. */
export function waterfall(timeline: readonly TimelineEntry[]): Waterfall {
  const totalMs = Math.max(1, ...timeline.map(({ startMs, endMs }) => endMs ?? startMs));
  const percent = (milliseconds: number): number => (Math.min(Math.max(milliseconds, 0), totalMs) / totalMs) * 100;
  const step = tickStep(totalMs);
  return {
    totalMs,
    bars: timeline.map((entry) => {
      const width = Math.max(narrowest, percent(entry.endMs ?? totalMs) - percent(entry.startMs));
      return { ...entry, left: Math.min(percent(entry.startMs), 100 - width), width };
    }),
    ticks: Array.from({ length: Math.floor(totalMs / step) + 1 }, (_, index) => index * step).map((atMs) => ({
      atMs,
      left: percent(atMs),
    })),
  };
}

/** The smallest of 1, 2, 5 times a power of ten that takes no more ticks than fit. */
function tickStep(totalMs: number): number {
  for (let power = 1; ; power *= 10) {
    for (const factor of [1, 2, 5]) if (totalMs / (power * factor) <= mostTicks) return power * factor;
  }
}
