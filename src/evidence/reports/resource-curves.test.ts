import { describe, expect, it } from "vitest";
import { resourceCurves } from "./resource-curves.ts";

const resources = {
  startedAt: "2026-11-25T12:00:00.000Z",
  times: [0, 5000, 10_000, 20_000],
  series: [
    { name: "kine", rssBytes: [null, 10, 30, 20], cpuMs: [null, 500, 1500, 1600] },
    { name: "supervisor", rssBytes: [5, 5, null, null], cpuMs: [0, 100, null, null] },
  ],
};

describe("curves of resources", () => {
  it("have the share of a processor in each stretch, out of totals", () => {
    const [kine, supervisor] = resourceCurves(resources).each;
    expect(kine?.cpuPercent).toEqual([null, 10, 20, 1]);
    expect(supervisor?.cpuPercent, "nothing has passed at the start").toEqual([null, 2, null, null]);
  });

  it("say the peak, the end and the average", () => {
    const [kine, supervisor] = resourceCurves(resources).each;
    expect(kine).toMatchObject({ peakRssBytes: 30, lastRssBytes: 20, cpuMs: 1600, averageCpuPercent: 8 });
    expect(kine?.peakCpuPercent).toBe(20);
    expect(supervisor?.lastRssBytes).toBeNull();
  });

  it("have a sum, of what ran", () => {
    const { together } = resourceCurves(resources);
    expect(together.rssBytes).toEqual([5, 15, 30, 20]);
    expect(together.cpuPercent).toEqual([null, 12, 20, 1]);
    expect(together).toMatchObject({ peakRssBytes: 30, cpuMs: 1700, peakCpuPercent: 20, averageCpuPercent: 8.5 });
  });

  it("bear no samples", () => {
    const { together, each } = resourceCurves({ startedAt: "", times: [], series: [] });
    expect(each).toEqual([]);
    expect(together).toMatchObject({ peakRssBytes: 0, lastRssBytes: null, averageCpuPercent: 0 });
  });
});
