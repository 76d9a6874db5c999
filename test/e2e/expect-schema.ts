import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { expect } from "vitest";

/** Checks a report against its documented schema, docs/schemas/NAME.json. */
export function expectSchema(name: string, report: unknown): void {
  const path = join(import.meta.dirname, "../../docs/schemas", `${name}.json`);
  const ajv = new Ajv({ strict: false, allErrors: true });
  ajv.validate(JSON.parse(readFileSync(path, "utf8")) as object, report);
  expect(ajv.errors ?? [], name).toEqual([]);
}
