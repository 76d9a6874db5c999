import { describe, expect, test } from "vitest";
import type { LabReport } from "../../src/cluster/lab.ts";
import { listSandboxes } from "../../src/cluster/sandboxes.ts";
import { expectSchema } from "./expect-schema.ts";
import { cannotTest, testSession, thisMachine } from "./machine.ts";

const title = "the laboratory, in gVisor 2026-07";
const because = cannotTest();
if (because !== undefined) process.stderr.write(`${title}: skipped: ${because}\n`);

async function sandboxes(): Promise<readonly string[]> {
  return (await listSandboxes({}, testSession())).map(({ name }) => name);
}

describe.skipIf(because !== undefined)(title, { timeout: 600_000 }, () => {
  test("experiments 09 and 12 end as they did, with the lines they looked for, and leave nothing", async () => {
    await using machine = thisMachine();
    const words = ["lab", "seed-09", "seed-12", "--gvisor", "20260701", "--output", "json"];
    const { stdout, stderr, exitCode } = await machine.sandkube(...words);
    expect(exitCode, stderr).toBe(0);
    const report = JSON.parse(stdout) as LabReport;
    expectSchema("lab", report);
    const runs = report.machines[0]?.runs ?? [];
    expect(runs.map(({ experiment, outcome }) => [experiment, outcome])).toEqual([
      ["seed-09", "ended"],
      ["seed-12", "ended"],
    ]);
    expect(runs[0]?.proof?.outcome).toBe("proved");
    for (const run of runs) {
      const reached = run.stages.filter(({ reachedMs }) => reachedMs !== null).map(({ stage }) => stage);
      expect(reached, run.experiment).toEqual(["control plane ready", "runtime ready"]);
      const found = run.evidence.filter(({ count }) => count > 0).map(({ id }) => id);
      expect(found, run.experiment).toEqual(["settings-missing", "settings-refused", "container-manager-failed"]);
    }
    const made = [...stderr.matchAll(/sandbox (lab-[0-9a-f]+)/g)].map(([, name]) => name);
    expect(made.length).toBeGreaterThan(0);
    expect((await sandboxes()).filter((name) => made.includes(name))).toEqual([]);
  });

  test("an unknown experiment is refused with the nearest", async () => {
    await using machine = thisMachine();
    const { stderr, exitCode } = await machine.sandkube("lab", "seed-14", "--gvisor", "20260701");
    expect(exitCode).not.toBe(0);
    expect(stderr).toMatch(/There is no experiment "seed-14"[\s\S]*Did you mean "seed-\d\d"\?/);
  });
});
