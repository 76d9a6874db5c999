import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { verifyPage } from "../../scripts/verify-page.ts";

test("docs/verify.md says what the catalogue says", () => {
  const committed = readFileSync(new URL("../../docs/verify.md", import.meta.url), "utf8");
  expect(committed, "docs/verify.md is old: run npm run docs").toBe(verifyPage());
});
