import { describe, expect, it } from "vitest";
import { checks } from "./catalogue.ts";
import { scopes } from "./check.ts";

describe("the catalogue of checks", () => {
  it("has enough of them, each once", () => {
    expect(checks.length).toBeGreaterThanOrEqual(60);
    const ids = checks.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(checks.map(({ claim }) => claim)).size).toBe(ids.length);
  });

  it.each(checks.map((check) => [check.id, check] as const))("%s is well formed", (id, { claim, scope, needs }) => {
    expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(claim).toMatch(/^\S.{15,}[^.\s]$/);
    const before = checks.slice(
      0,
      checks.findIndex((check) => check.id === id),
    );
    if (needs === undefined) return;
    const base = before.find((check) => check.id === needs);
    expect(base, `${needs} comes before ${id}`).toBeDefined();
    // What there is nothing of must not be what something else stands on.
    for (const mode of scopes[scope].modes) expect(scopes[base?.scope ?? "cluster"].modes).toContain(mode);
  });
});
