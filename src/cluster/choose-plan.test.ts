import { describe, expect, it } from "vitest";
import { recordedFacts, withFact } from "../../test/fixtures/recorded-facts.ts";
import { silent } from "../contract/progress.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { localHost } from "../host/local-host.ts";
import { capabilities } from "../probes/capabilities.ts";
import { choosePlan } from "./choose-plan.ts";
import { planCluster } from "./plan-cluster.ts";

const session = { host: localHost(), progress: silent, signal: new AbortController().signal };

function fixture(machine: string): string {
  return new URL(`../../test/fixtures/facts/${machine}.json`, import.meta.url).pathname;
}

describe("the ladder", () => {
  it("takes the highest rung that the facts allow", () => {
    expect(choosePlan(recordedFacts("agent-2026-07"), undefined)).toMatchObject({ plan: { mode: "node" }, notes: [] });
    const old = choosePlan(recordedFacts("agent-2022-12"), undefined);
    expect(old.plan.mode).toBe("simulated");
    expect(old.notes.join()).toMatch(/cannot run a node .*No mount namespaces.*stubbed: No container runs/s);
  });

  it("lands on a rung that works without CAP_SYS_ADMIN", () => {
    const facts = recordedFacts("agent-2026-07");
    const held = facts.value(capabilities);
    const without = (names: readonly string[]): string[] => names.filter((name) => name !== "sys_admin");
    if (held === undefined) throw new Error("the capabilities were not measured");
    const weak = withFact(facts, capabilities, {
      effective: without(held.effective),
      bounding: without(held.bounding),
    });
    expect(choosePlan(weak, undefined).plan.mode).toBe("simulated");
  });

  it("does not leave the rung that was asked for", () => {
    expect(choosePlan(recordedFacts("agent-2026-07"), "control-plane").plan.mode).toBe("control-plane");
    expect(() => choosePlan(recordedFacts("agent-2022-12"), "node")).toThrow(SandkubeError);
  });

  it("steps down where the only remedy was tried and failed", () => {
    const failed = new Map([["empty-kernel-log", "mount: permission denied"]]);
    const { plan, notes } = choosePlan(recordedFacts("agent-2026-07"), undefined, { failed });
    expect(plan.mode).toBe("simulated");
    expect(notes.join()).toContain("empty-kernel-log: it was tried and failed: mount: permission denied");
  });
});

describe("a remedy to be avoided", () => {
  it("gives way to the next, and a note says which", () => {
    const avoided = ["proc-sys-supplement", "accept-forwarding"];
    const { plan, notes } = choosePlan(recordedFacts("agent-2026-07"), undefined, { avoided });
    expect(plan.mode).toBe("node");
    expect(plan.remedies.map(({ id }) => id)).toContain("proc-sys-redirector");
    expect(plan.remedies.map(({ id }) => id)).not.toContain("proc-sys-supplement");
    // What was not needed anyhow is not worth a word.
    expect(notes).toEqual(["The remedy proc-sys-supplement is avoided, as asked; in its place: proc-sys-redirector."]);
  });

  it("takes a rung with it where it was the only one", () => {
    const { plan, notes } = choosePlan(recordedFacts("agent-2026-07"), undefined, { avoided: ["empty-kernel-log"] });
    expect(plan.mode).toBe("simulated");
    expect(notes.join()).toContain("empty-kernel-log: it is to be avoided");
  });

  it("is an error where there is none of that name, with the nearest", async () => {
    const request = { stateDirectory: "/x", mode: undefined, avoided: ["proc-sys-suplement"], facts: undefined };
    await expect(planCluster(request, session)).rejects.toMatchObject({
      exit: "usage",
      hint: 'Did you mean "proc-sys-supplement"?',
    });
  });
});

describe("sandkube plan", () => {
  it("plans for facts from elsewhere, and says why", async () => {
    const report = await planCluster(
      { stateDirectory: "/x", mode: undefined, avoided: [], facts: fixture("agent-2024-07") },
      session,
    );
    expect(report.verdict).toBe("possible");
    expect(report.rung?.mode).toBe("node");
    const kmsg = report.steps.find(({ remedy }) => remedy === "empty-kernel-log");
    expect(kmsg?.clears).toEqual([{ blocker: "no-kmsg", title: "No /dev/kmsg", because: "/dev/kmsg is absent" }]);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it("calls what is stubbed stubbed, and what was asked for impossible where it is", async () => {
    const facts = fixture("agent-2022-12");
    const fullest = await planCluster({ stateDirectory: "/x", mode: undefined, avoided: [], facts }, session);
    expect(fullest.rung).toMatchObject({ mode: "simulated", fidelity: "stubbed" });
    expect(fullest.refused.map(({ mode }) => mode)).toEqual(["node", "host-network"]);
    const node = await planCluster({ stateDirectory: "/x", mode: "node", avoided: [], facts }, session);
    expect(node).toMatchObject({ verdict: "impossible", rung: null, steps: [] });
  });
});
