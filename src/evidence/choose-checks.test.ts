import { describe, expect, it } from "vitest";
import { proved, type Check } from "./check.ts";
import { chooseChecks } from "./choose-checks.ts";

function check(id: string, needs?: string): Check {
  const run: Check["run"] = () => Promise.resolve(proved(""));
  return { id, claim: id, scope: "cluster", run, ...(needs === undefined ? {} : { needs }) };
}

const catalogue = [check("pod-runs"), check("api-ready"), check("egress", "pod-runs"), check("remedy-snat", "egress")];
const ids = (only: readonly string[] | undefined, skip: readonly string[] = []): string[] =>
  chooseChecks(catalogue, { only, skip }).map(({ id }) => id);

describe("chooseChecks", () => {
  it("takes all where nothing is said", () => {
    expect(ids(undefined)).toEqual(catalogue.map(({ id }) => id));
  });

  it("takes only what is named and what it stands on, in the catalogue's order", () => {
    expect(ids(["api-ready", "remedy-snat"])).toEqual(["pod-runs", "api-ready", "egress", "remedy-snat"]);
  });

  it("leaves out what is skipped, also what others stand on", () => {
    expect(ids(undefined, ["pod-runs", "egress"])).toEqual(["api-ready", "remedy-snat"]);
  });

  it("names the nearest of an unknown id", () => {
    const failing = (): unknown => ids(["pod-run"]);
    expect(failing).toThrow(expect.objectContaining({ exit: "usage", hint: 'Did you mean "pod-runs"?' }));
    expect(() => ids(undefined, ["nonsense-of-no-kind"])).toThrow("`sandkube verify --list` names them all");
  });

  it("refuses to check nothing", () => {
    expect(() => ids(["api-ready"], ["api-ready"])).toThrow(expect.objectContaining({ exit: "usage" }));
  });
});
