import { describe, expect, it } from "vitest";
import { exampleReport, hostileReport } from "../../../test/fixtures/cluster-report.ts";
import { rungOf } from "../../plan/ladder.ts";
import { code, fenced, markdownReport, prose, sparkline } from "./markdown.ts";

/** Markdown without its fenced blocks and spans of code, in which everything stands word for word. */
function outsideFences(text: string): string {
  let fence: string | undefined;
  const lines = text
    .split("\n")
    .filter((line) => {
      const mark = /^`{3,}/.exec(line)?.[0];
      if (fence === undefined && mark !== undefined) {
        fence = mark;
        return false;
      }
      if (fence !== undefined && line === fence) {
        fence = undefined;
        return false;
      }
      return fence === undefined;
    })
    .join("\n");
  return lines.replace(/(?<![\\`])(`+)(?!`).*?(?<!`)\1(?!`)/g, "");
}

describe("the Markdown report", () => {
  const text = markdownReport(exampleReport());

  it("has every part", () => {
    expect(text.split("\n").filter((line) => line.startsWith("## "))).toEqual([
      "## What is not as it seems",
      "## Environment",
      "## Blockers and remedies",
      "## Boot",
      "## Checks",
      "## Resource use",
      "## Components and logs",
      "## Further facts",
      "## Versions",
    ]);
  });

  it("says fidelity and disclosure of every remedy in force outside of what folds", () => {
    const visible = outsideFences(text).replace(/<details>[\s\S]*?<\/details>/g, "");
    const { remedies } = exampleReport();
    expect(remedies.length).toBeGreaterThan(5);
    for (const { disclosure, fidelity, title } of remedies) {
      expect(visible).toContain(prose(disclosure));
      expect(visible).toContain(`**${prose(title)}** \\[${fidelity}\\]`);
    }
  });

  it("says of a stubbed rung that it is", () => {
    const rung = rungOf("simulated");
    const report = exampleReport({ rung });
    expect(markdownReport(report)).toContain(`\\[stubbed\\]: ${prose(rung.disclosure)}`);
  });

  it("says what is not known", () => {
    const bare = markdownReport(
      exampleReport({ boot: null, verification: null, resources: null, components: [], logs: [] }),
    );
    expect(bare).toContain("Not verified yet: run `sandkube verify`.");
    expect(bare).toContain("Nothing was written down of it.");
    expect(bare).toContain("Nothing was sampled.");
    expect(bare).toContain("No component runs.");
  });

  it("says that a verification is older than the cluster's start", () => {
    const { verification } = exampleReport();
    const old = verification && { ...verification, beforeStart: true };
    expect(markdownReport(exampleReport({ verification: old }))).toContain("before the cluster was last started");
  });

  it("lets no text act: no markup, no row or block that it did not make", () => {
    const nasty = markdownReport(hostileReport());
    const outside = outsideFences(nasty);
    expect(outside).not.toMatch(/(?<!\\)<(?!\/?(details|summary)>)[a-z/]/i);
    // Markdown does not look into a line that begins with <details>.
    expect(outside.replace(/^<details>.*$/gm, "")).not.toMatch(/(?<!\\)\]\(/);
    expect(count(outside, "<details>")).toBe(count(outside, "</details>"));
    expect(count(outside, "<details>")).toBe(count(outsideFences(text), "<details>"));
    const plainRows = outsideFences(text)
      .split("\n")
      .filter((line) => line.startsWith("|"));
    const rows = outside.split("\n").filter((line) => line.startsWith("|"));
    const cells = (row: string): number => row.split(/(?<!\\)\|/).length;
    expect(new Set(rows.map(cells))).toEqual(new Set(plainRows.map(cells)));
  });
});

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

describe("words", () => {
  it("of prose do nothing", () => {
    expect(prose("a|b\n*c* <d> `e` [f](g) \\")).toBe("a\\|b \\*c\\* \\<d\\> \\`e\\` \\[f\\](g) \\\\");
  });

  it("of code are fenced by more backticks than they have", () => {
    expect(code("a")).toBe("`a`");
    expect(code("a``b`")).toBe("``` a``b` ```");
    expect(code("")).toBe("`  `");
    expect(fenced("a\n````\nb")).toBe("`````text\na\n````\nb\n`````");
  });
});

describe("a sparkline", () => {
  it("goes from zero to the most, and has a gap where nothing was", () => {
    expect(sparkline([0, 50, null, 100])).toBe("▁▅ █");
    expect(sparkline([])).toBe("");
    expect(sparkline([0, 0])).toBe("▁▁");
  });

  it("loses no peak where it is shorter than the curve", () => {
    const values = Array.from({ length: 200 }, (_, index) => (index === 77 ? 10 : 0));
    const line = sparkline(values, 20);
    expect(line).toHaveLength(20);
    expect(line).toContain("█");
  });
});
