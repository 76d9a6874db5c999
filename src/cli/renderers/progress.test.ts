import { describe, expect, it } from "vitest";
import type { ProgressEvent } from "../../contract/progress.ts";
import { liveProgress, plainProgress, seconds } from "./progress.ts";

const erase = "\r\u001b[2K";

function written(
  make: (write: (text: string) => void) => (event: ProgressEvent) => void,
  events: ProgressEvent[],
): string {
  let text = "";
  const progress = make((more) => {
    text += more;
  });
  for (const event of events) progress(event);
  return text;
}

describe("plainProgress", () => {
  const plain = (events: ProgressEvent[], colour = false): string =>
    written((write) => plainProgress(write, colour), events);

  it("has one line for a step, at its end, with what it took", () => {
    expect(
      plain([
        { kind: "started", step: "Building" },
        { kind: "detail", step: "Building", detail: "k8s.io/api" },
        { kind: "finished", step: "Building", milliseconds: 1234, detail: "14 modules" },
      ]),
    ).toBe("✓ Building (1.2 s) 14 modules\n");
  });

  it("says what failed, what is to be known and what to be warned of", () => {
    expect(
      plain([
        { kind: "failed", step: "Building", milliseconds: 60_000 },
        { kind: "failed", step: "pod-runs", milliseconds: 1000, detail: "it does not" },
        { kind: "abandoned", step: "egress", milliseconds: 2000, detail: "nobody answers" },
        { kind: "note", text: "Port 6443 is taken." },
        { kind: "warning", text: "No egress." },
      ]),
    ).toBe(
      "✗ Building (60.0 s)\n✗ pod-runs (1.0 s) it does not\n? egress (2.0 s) nobody answers\n  Port 6443 is taken.\n! No egress.\n",
    );
  });

  it("does not write a log full of details, nor codes for terminals", () => {
    const details = Array.from({ length: 500 }, (_, index) => ({
      kind: "detail" as const,
      step: "Building",
      detail: String(index),
    }));
    expect(plain([{ kind: "started", step: "Building" }, ...details])).toBe("");
    expect(plain([{ kind: "finished", step: "x", milliseconds: 1 }])).not.toContain("\u001b");
    expect(plain([{ kind: "finished", step: "x", milliseconds: 1 }], true)).toContain("\u001b[32m✓");
  });
});

describe("liveProgress", () => {
  const live = (events: ProgressEvent[], columns = 80): string =>
    written((write) => liveProgress(write, false, () => columns), events);

  it("writes the line of a step over until it ends", () => {
    expect(
      live([
        { kind: "started", step: "Building" },
        { kind: "detail", step: "Building", detail: "api" },
        { kind: "finished", step: "Building", milliseconds: 1000 },
      ]),
    ).toBe(`  Building${erase}  Building: api${erase}✓ Building (1.0 s)\n`);
  });

  it("shows a note above the line, which stays", () => {
    expect(
      live([
        { kind: "started", step: "A" },
        { kind: "note", text: "a note" },
      ]),
    ).toBe(`  A${erase}  a note\n  A`);
  });

  it("goes back to the step around when the inner one ends", () => {
    expect(
      live([
        { kind: "started", step: "Outer" },
        { kind: "started", step: "Inner" },
        { kind: "failed", step: "Inner", milliseconds: 0 },
      ]),
    ).toBe(`  Outer${erase}  Inner${erase}✗ Inner (0.0 s)\n  Outer`);
  });

  it("never fills the terminal's last column, where the line would break and stay", () => {
    const text = live([{ kind: "started", step: "x".repeat(200) }], 40);
    expect(text).toHaveLength(39);
  });

  it("keeps to one line whatever a detail holds", () => {
    expect(
      live([
        { kind: "started", step: "A" },
        { kind: "detail", step: "A", detail: "two\nlines" },
      ]),
    ).not.toContain("\n");
  });

  it("leaves nothing behind when all has ended", () => {
    const text = live([
      { kind: "started", step: "A" },
      { kind: "finished", step: "A", milliseconds: 0 },
      { kind: "note", text: "end" },
    ]);
    expect(text.endsWith("✓ A (0.0 s)\n  end\n")).toBe(true);
  });
});

it.each([
  [0, "0.0 s"],
  [949, "0.9 s"],
  [61_000, "61.0 s"],
])("seconds(%i) is %s", (milliseconds, text) => {
  expect(seconds(milliseconds)).toBe(text);
});
