import { describe, expect, it } from "vitest";
import { recordedFacts, type Machine } from "../../test/fixtures/recorded-facts.ts";
import { blockers } from "../blockers/catalogue.ts";
import { makePlan } from "../plan/plan.ts";
import { remedies } from "../remedies/catalogue.ts";
import { experimentsFor } from "./experiments.ts";
import { techniques } from "./techniques/catalogue.ts";

function on(machine: Machine): ReturnType<typeof experimentsFor> {
  const plan = makePlan(recordedFacts(machine), { blockers, remedies, mode: "node" });
  return experimentsFor({ mode: "node", remedies: plan.remedies.map(({ id }) => id) });
}

describe("experimentsFor", () => {
  it("tries remedies and techniques that exist, under ids of their own", () => {
    const known = [...remedies.map(({ id }) => id), ...techniques.map(({ remedy }) => remedy.id)];
    const experiments = on("agent-2026-07");
    expect(new Set(experiments.map(({ id }) => id)).size).toBe(experiments.length);
    for (const experiment of experiments) {
      for (const id of experiment.remedies) expect(known, experiment.id).toContain(id);
      expect(new Set(experiment.remedies).size, experiment.id).toBe(experiment.remedies.length);
    }
  });

  it("repeats every experiment of the seed", () => {
    const ids = on("agent-2026-07").map(({ id }) => id);
    expect(ids.filter((id) => id.startsWith("seed-")).sort()).toEqual(
      ["04", "05", "09", "10", "11", "12", "13"].map((number) => `seed-${number}`),
    );
  });

  it("leaves each remedy of the plan out once, and ends with the plan", () => {
    const experiments = on("agent-2024-07");
    const plan = experiments.at(-1);
    expect(plan?.id).toBe("plan");
    for (const id of plan?.remedies ?? []) {
      const without = experiments.find((experiment) => experiment.id === `without-${id}`);
      expect(without?.remedies).toEqual(plan?.remedies.filter((other) => other !== id));
    }
  });

  it("keeps what the pod network needs in force where a remedy is tried alone", () => {
    const alone = on("agent-2026-07").filter(({ id }) => id.startsWith("alone-"));
    expect(alone.length).toBeGreaterThan(3);
    for (const { id, remedies: used } of alone) {
      expect(used).toContain("source-nat");
      expect(used.at(-1)).toBe(id.slice("alone-".length));
    }
  });

  it("has nothing to leave out where no node can run", () => {
    const experiments = experimentsFor({ mode: "simulated", remedies: [] });
    expect(experiments.map(({ id, mode }) => [id, mode])).toEqual([
      ["bare", "node"],
      ["seed-05", "control-plane"],
      ["plan", "simulated"],
    ]);
  });
});
