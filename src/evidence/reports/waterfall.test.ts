import { describe, expect, it } from "vitest";
import { waterfall } from "./waterfall.ts";

describe("the waterfall", () => {
  it("puts every stretch on one scale", () => {
    const { totalMs, bars } = waterfall([
      { name: "probes", startMs: 0, endMs: 1000 },
      { name: "kine", startMs: 1000, endMs: 2000 },
      { name: "kube-apiserver", startMs: 2000, endMs: 4000 },
    ]);
    expect(totalMs).toBe(4000);
    expect(bars.map(({ left, width }) => [left, width])).toEqual([
      [0, 25],
      [25, 25],
      [50, 50],
    ]);
  });

  it("shows a short stretch, and keeps it within the picture", () => {
    const { bars } = waterfall([
      { name: "long", startMs: 0, endMs: 100_000 },
      { name: "first", startMs: 0, endMs: 1 },
      { name: "last", startMs: 100_000, endMs: 100_000 },
    ]);
    for (const { left, width } of bars) {
      expect(width).toBeGreaterThan(0.5);
      expect(left).toBeGreaterThanOrEqual(0);
      expect(left + width).toBeLessThanOrEqual(100);
    }
  });

  it("draws what has not ended up to the end", () => {
    const [, open] = waterfall([
      { name: "a", startMs: 0, endMs: 4000 },
      { name: "b", startMs: 3000, endMs: null },
    ]).bars;
    expect([open?.left, open?.width]).toEqual([75, 25]);
  });

  it("bears no stretches, no time, and a clock that went back", () => {
    expect(waterfall([]).bars).toEqual([]);
    expect(waterfall([{ name: "a", startMs: 0, endMs: 0 }]).bars[0]?.width).toBeGreaterThan(0);
    const [back] = waterfall([{ name: "a", startMs: 500, endMs: 200 }]).bars;
    expect(back?.width).toBeGreaterThan(0);
    const [early] = waterfall([{ name: "a", startMs: -500, endMs: 200 }]).bars;
    expect(early?.left).toBe(0);
  });

  it.each([
    [1, 1],
    [900, 200],
    [4000, 1000],
    [12_300, 5000],
    [180_000, 50_000],
  ])("of %i ms has a tick every %i ms", (total, step) => {
    const { ticks } = waterfall([{ name: "a", startMs: 0, endMs: total }]);
    expect((ticks[1]?.atMs ?? 0) - (ticks[0]?.atMs ?? 0)).toBe(step);
    expect(ticks.length).toBeLessThanOrEqual(7);
    for (const { left } of ticks) expect(left).toBeLessThanOrEqual(100);
  });
});
