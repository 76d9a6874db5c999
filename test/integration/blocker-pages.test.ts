import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { blockerPages } from "../../scripts/blocker-pages.ts";

const directory = join(import.meta.dirname, "../../docs/blockers");

test("docs/blockers/ says what the catalogue says", () => {
  const pages = blockerPages();
  expect(pages.size).toBeGreaterThan(30);
  expect(readdirSync(directory).toSorted()).toEqual([...pages.keys()].toSorted());
  for (const [name, content] of pages) {
    expect(readFileSync(join(directory, name), "utf8"), `docs/blockers/${name} is old: run npm run docs`).toBe(content);
  }
});
