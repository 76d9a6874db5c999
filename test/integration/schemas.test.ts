import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { reportSchemas } from "../../scripts/report-schemas.ts";

test("docs/schemas/ says what the types say", () => {
  const schemas = reportSchemas();
  expect(schemas.size).toBeGreaterThan(5);
  for (const [name, content] of schemas) {
    const committed = readFileSync(join(import.meta.dirname, "../../docs/schemas", name), "utf8");
    expect(committed, `docs/schemas/${name} is old: run npm run schemas`).toBe(content);
  }
});
