import { describe, expect, it } from "vitest";
import { machines, recordedFacts, withoutFact } from "../../test/fixtures/recorded-facts.ts";
import { silent } from "../contract/progress.ts";
import { localHost } from "../host/local-host.ts";
import { mountTrials } from "../probes/mount-trials.ts";
import { runDoctor, type DoctorReport } from "./doctor.ts";

async function reportOn(
  facts: ReturnType<typeof recordedFacts>,
  mode: "node" | "control-plane" = "node",
): Promise<DoctorReport> {
  const signal = new AbortController().signal;
  const { report } = await runDoctor({
    host: localHost(),
    progress: silent,
    signal,
    stateDirectory: "/x",
    mode,
    facts,
  });
  return report;
}

describe("the doctor's report", () => {
  it.each(machines)("on %s is whole and fit for JSON", async (machine) => {
    const report = await reportOn(recordedFacts(machine));
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(report.schema).toBe("sandkube.dev/doctor/v1");
    for (const blocker of report.blockers) {
      expect(blocker.upstream).toMatch(/^https:/);
      if (blocker.verdict !== "clear") expect(blocker.because).toBeTruthy();
      if (blocker.remedy !== undefined) expect(report.plan.remedies.map(({ id }) => id)).toContain(blocker.remedy);
    }
  });

  it("says whether the mode can run", async () => {
    expect((await reportOn(recordedFacts("agent-2024-07"))).plan.verdict).toBe("possible");
    expect((await reportOn(recordedFacts("agent-2022-12"))).plan.verdict).toBe("impossible");
    expect((await reportOn(recordedFacts("agent-2022-12"), "control-plane")).plan.unresolved).toEqual([]);
    expect((await reportOn(withoutFact(recordedFacts("plain-linux"), mountTrials))).plan.verdict).toBe("uncertain");
  });

  it("sums the machine up", async () => {
    expect((await reportOn(recordedFacts("agent-2026-07"))).machine).toEqual({
      kernel: "4.19.0-gvisor",
      gvisor: true,
      cpus: 2,
      memoryBytes: 8 * 2 ** 30,
      rootFilesystem: "9p",
    });
  });
});
