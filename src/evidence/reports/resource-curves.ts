import type { ReportedResources } from "../../contract/report.ts";

/** What one process used, ready to be drawn. Entry N belongs to time N. */
export interface ResourceCurve {
  readonly name: string;
  readonly rssBytes: readonly (number | null)[];
  /** Percent of one processor, over the stretch that ends at the time; null where it did not run. */
  readonly cpuPercent: readonly (number | null)[];
  readonly peakRssBytes: number;
  /** Null where it does not run any more. */
  readonly lastRssBytes: number | null;
  /** Over its whole life. */
  readonly cpuMs: number;
  readonly averageCpuPercent: number;
  readonly peakCpuPercent: number;
}

/** All curves on one time axis. */
export interface ResourceCurves {
  readonly times: readonly number[];
  /** The sum of all. Memory that processes share counts for each of them. */
  readonly together: ResourceCurve;
  readonly each: readonly ResourceCurve[];
}

/** Makes curves of the samples: processor time per stretch out of totals, and the sum of all. */
export function resourceCurves({ times, series }: ReportedResources): ResourceCurves {
  const sum = (columns: readonly (readonly (number | null)[])[]): (number | null)[] =>
    times.map((_, index) => {
      const present = columns.map((column) => column[index] ?? null).filter((value) => value !== null);
      return present.length === 0 ? null : present.reduce((total, value) => total + value, 0);
    });
  const each = series.map(({ name, rssBytes, cpuMs }) => curve(name, times, rssBytes, cpuMs));
  const together = curve("together", times, sum(series.map(({ rssBytes }) => rssBytes)), []);
  const cpuPercent = sum(each.map((one) => one.cpuPercent));
  const cpuMs = each.reduce((total, one) => total + one.cpuMs, 0);
  return { times, together: { ...together, ...processorOf(times, cpuPercent, cpuMs), cpuPercent }, each };
}

function curve(
  name: string,
  times: readonly number[],
  rssBytes: readonly (number | null)[],
  cpuMs: readonly (number | null)[],
): ResourceCurve {
  let before = { at: 0, cpuMs: 0 };
  const cpuPercent = cpuMs.map((total, index) => {
    const at = times[index] ?? 0;
    if (total === null) return null;
    const percent = at <= before.at ? null : ((total - before.cpuMs) / (at - before.at)) * 100;
    before = { at, cpuMs: total };
    return percent === null ? null : Math.max(0, percent);
  });
  const lives = rssBytes.filter((value) => value !== null);
  return {
    name,
    rssBytes,
    cpuPercent,
    peakRssBytes: Math.max(0, ...lives),
    lastRssBytes: rssBytes.at(-1) ?? null,
    ...processorOf(times, cpuPercent, cpuMs.findLast((total) => total !== null) ?? 0),
  };
}

function processorOf(
  times: readonly number[],
  cpuPercent: readonly (number | null)[],
  cpuMs: number,
): Pick<ResourceCurve, "cpuMs" | "averageCpuPercent" | "peakCpuPercent"> {
  const length = times.at(-1) ?? 0;
  return {
    cpuMs,
    averageCpuPercent: length <= 0 ? 0 : (cpuMs / length) * 100,
    peakCpuPercent: Math.max(0, ...cpuPercent.filter((value) => value !== null)),
  };
}
