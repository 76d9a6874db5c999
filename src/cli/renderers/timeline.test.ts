import { describe, expect, it } from "vitest";
import { renderTimeline } from "./timeline.ts";

describe("renderTimeline", () => {
  it("draws every step on one scale", () => {
    const lines = renderTimeline([
      { name: "probes", startMs: 0, endMs: 1000 },
      { name: "kine", startMs: 1000, endMs: 2000 },
      { name: "kube-apiserver", startMs: 2000, endMs: 4000 },
    ]).split("\n");
    expect(lines).toEqual([
      `  probes          ${"━".repeat(10)}${" ".repeat(31)} 1.00 s`,
      `  kine            ${" ".repeat(10)}${"━".repeat(10)}${" ".repeat(21)} 1.00 s`,
      `  kube-apiserver  ${" ".repeat(20)}${"━".repeat(20)}${" ".repeat(1)} 2.00 s`,
      "",
    ]);
  });

  it("shows a short step, too", () => {
    const [first] = renderTimeline([
      { name: "a", startMs: 0, endMs: 1 },
      { name: "b", startMs: 0, endMs: 100_000 },
    ]).split("\n");
    expect(first).toMatch(/━ +0\.00 s$/);
  });

  it("draws a step that has not ended up to the end, and says so", () => {
    const [, second] = renderTimeline([
      { name: "a", startMs: 0, endMs: 4000 },
      { name: "b", startMs: 2000, endMs: null },
    ]).split("\n");
    expect(second).toBe(`  b  ${" ".repeat(20)}${"━".repeat(20)}  goes on`);
  });

  it("keeps every line within its width, and bears no steps and no time", () => {
    expect(renderTimeline([])).toBe("");
    expect(renderTimeline([{ name: "a", startMs: 0, endMs: 0 }])).toContain("━");
    const wide = renderTimeline([
      { name: "a", startMs: 0, endMs: 5 },
      { name: "last", startMs: 5, endMs: null },
    ]);
    for (const line of wide.trimEnd().split("\n")) expect(line.length).toBeLessThanOrEqual(2 + 4 + 2 + 41 + 8);
  });
});
