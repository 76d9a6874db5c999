import { describe, expect, it } from "vitest";
import { machines, recordedFacts, withFact, withoutFact } from "../../test/fixtures/recorded-facts.ts";
import { blockers } from "../blockers/catalogue.ts";
import type { Blocker, Diagnosis } from "../contract/blocker.ts";
import type { ClusterMode, ClusterSpec } from "../contract/cluster-spec.ts";
import { Facts } from "../contract/observation.ts";
import type { Remedy } from "../contract/remedy.ts";
import { capabilities } from "../probes/capabilities.ts";
import { defaultRoute } from "../probes/default-route.ts";
import { mountTrials } from "../probes/mount-trials.ts";
import { sessionKeyring } from "../probes/session-keyring.ts";
import { remedies } from "../remedies/catalogue.ts";
import { applyPlan, makePlan } from "./plan.ts";

const nothing = new Facts(new Map());

function blocker(id: string, diagnosis: Diagnosis, stops: Blocker["stops"] = ["kubelet"]): Blocker {
  return { id, title: id, needs: [], stops, upstream: "https://example.org", diagnose: () => diagnosis };
}

function remedy(id: string, clears: string, more: Partial<Remedy> = {}): Remedy {
  return {
    id,
    title: id,
    clears: [clears],
    fidelity: "exact",
    harmless: false,
    cost: "nothing",
    disclosure: "nothing",
    feasible: () => ({ verdict: "clear" }),
    adjust: (spec) => ({ ...spec, name: `${spec.name}+${id}` }),
    ...more,
  };
}

const stopped: Diagnosis = { verdict: "blocked", because: "it is absent" };
const untold: Diagnosis = { verdict: "unknown", because: "nobody looked" };

describe("makePlan", () => {
  it("does nothing where nothing stops", () => {
    const plan = makePlan(nothing, {
      blockers: [blocker("a", { verdict: "clear" })],
      remedies: [remedy("for-a", "a")],
      mode: "node",
    });
    expect(plan.remedies).toEqual([]);
    expect(plan.unresolved).toEqual([]);
  });

  it("prefers fidelity, then the order of the catalogue", () => {
    const plan = makePlan(nothing, {
      blockers: [blocker("a", stopped)],
      remedies: [remedy("stub", "a", { fidelity: "stubbed" }), remedy("first-exact", "a"), remedy("second-exact", "a")],
      mode: "node",
    });
    expect(plan.remedies.map(({ id }) => id)).toEqual(["first-exact"]);
  });

  it("takes the next remedy where one is not feasible, and says why", () => {
    const plan = makePlan(nothing, {
      blockers: [blocker("a", stopped)],
      remedies: [
        remedy("better", "a", { feasible: () => ({ verdict: "blocked", because: "no room" }) }),
        remedy("worse", "a", { fidelity: "stubbed" }),
      ],
      mode: "node",
    });
    expect(plan.blockers[0]?.remedy?.id).toBe("worse");
    expect(plan.blockers[0]?.rejected).toEqual([{ remedy: "better", because: "no room" }]);
  });

  it("applies a harmless remedy where it could not tell, and no other", () => {
    const catalogue = {
      blockers: [blocker("a", untold), blocker("b", untold)],
      remedies: [remedy("for-a", "a", { harmless: true }), remedy("for-b", "b")],
    };
    const plan = makePlan(nothing, { ...catalogue, mode: "node" });
    expect(plan.remedies.map(({ id }) => id)).toEqual(["for-a"]);
    expect(plan.unresolved).toEqual([]);
    expect(plan.uncertain.map(({ id }) => id)).toEqual(["b"]);
  });

  it("takes the next remedy where one was tried and failed, and says so", () => {
    const plan = makePlan(nothing, {
      blockers: [blocker("a", stopped)],
      remedies: [remedy("better", "a"), remedy("worse", "a", { fidelity: "stubbed" })],
      mode: "node",
      failed: new Map([["better", "mount: permission denied"]]),
    });
    expect(plan.blockers[0]?.remedy?.id).toBe("worse");
    expect(plan.blockers[0]?.rejected).toEqual([
      { remedy: "better", because: "it was tried and failed: mount: permission denied" },
    ]);
  });

  it("passes over a remedy that is to be avoided, and says so", () => {
    const plan = makePlan(nothing, {
      blockers: [blocker("a", stopped)],
      remedies: [remedy("better", "a"), remedy("worse", "a", { fidelity: "stubbed" })],
      mode: "node",
      avoided: ["better"],
    });
    expect(plan.blockers[0]?.remedy?.id).toBe("worse");
    expect(plan.blockers[0]?.rejected).toEqual([{ remedy: "better", because: "it is to be avoided" }]);
  });

  it("does not apply a remedy that may not be feasible", () => {
    const plan = makePlan(nothing, {
      blockers: [blocker("a", stopped)],
      remedies: [remedy("for-a", "a", { feasible: () => untold })],
      mode: "node",
    });
    expect(plan.unresolved.map(({ id }) => id)).toEqual(["a"]);
  });

  it("leaves what concerns nodes alone in a control plane", () => {
    const catalogue = {
      blockers: [blocker("a", stopped), blocker("lost", stopped, []), blocker("api", stopped, ["kube-apiserver"])],
      remedies: [remedy("for-a", "a"), remedy("for-lost", "lost"), remedy("for-api", "api")],
    };
    const plan = makePlan(nothing, { ...catalogue, mode: "control-plane" });
    expect(plan.remedies.map(({ id }) => id)).toEqual(["for-api"]);
    expect(plan.blockers.map(({ diagnosis }) => diagnosis.verdict)).toEqual(["blocked", "blocked", "blocked"]);
  });

  it("never calls a mode impossible for something that is only lost", () => {
    const plan = makePlan(nothing, { blockers: [blocker("lost", stopped, [])], remedies: [], mode: "node" });
    expect(plan.unresolved).toEqual([]);
  });

  it("applies remedies once each, in the order of the catalogue", () => {
    const both = remedy("both", "a", { clears: ["a", "b"] });
    const first = remedy("first", "c");
    const plan = makePlan(nothing, {
      blockers: [blocker("a", stopped), blocker("b", stopped), blocker("c", stopped)],
      remedies: [first, both],
      mode: "node",
    });
    expect(applyPlan(plan, { name: "spec", mounts: [] as ClusterSpec["mounts"] } as ClusterSpec, nothing).name).toBe(
      "spec+first+both",
    );
  });
});

describe("the plan of a recorded machine", () => {
  const expected: Readonly<Record<(typeof machines)[number], readonly string[]>> = {
    "plain-linux": ["allow-cgroup-v1", "restrict-oom-score"],
    "agent-2026-07": [
      "local-storage-accounting-off",
      "proc-sys-supplement",
      "empty-kernel-log",
      "allow-cgroup-v1",
      "unprivileged-sysctls-off",
      "source-nat",
    ],
    "open-2026-07": [
      "local-storage-accounting-off",
      "containerd-root-on-tmpfs",
      "proc-sys-supplement",
      "empty-kernel-log",
      "allow-cgroup-v1",
      "unprivileged-sysctls-off",
      "source-nat",
    ],
    // Where a network namespace can be neither made nor tried.
    "host-network-2026-07": [
      "local-storage-accounting-off",
      "proc-sys-supplement",
      "empty-kernel-log",
      "allow-cgroup-v1",
      "unprivileged-sysctls-off",
    ],
    "agent-2024-07": [
      "local-storage-accounting-off",
      "containerd-root-on-tmpfs",
      "proc-sys-supplement",
      "empty-kernel-log",
      "allow-cgroup-v1",
      "shared-pid-namespace",
      "unprivileged-sysctls-off",
      "source-nat",
    ],
    "agent-2022-12": [
      "local-storage-accounting-off",
      "native-snapshotter",
      "proc-sys-redirector",
      "allow-cgroup-v1",
      "cgroups-per-pod-off",
      "no-new-keyring",
      "shared-pid-namespace",
      "unprivileged-sysctls-off",
      "no-egress",
      "no-outside-names",
    ],
  };

  const unresolved: Readonly<Partial<Record<(typeof machines)[number], readonly string[]>>> = {
    "agent-2022-12": ["no-mount-namespace", "no-pod-links", "no-kmsg", "cgroup-missing"],
    "host-network-2026-07": ["no-network-namespace", "no-forwarding"],
  };

  it("a machine without a network for pods runs a node that needs none, with fewer remedies", () => {
    const plan = makePlan(recordedFacts("host-network-2026-07"), { blockers, remedies, mode: "host-network" });
    expect(plan.unresolved).toEqual([]);
    expect(plan.uncertain).toEqual([]);
    expect(plan.remedies.map(({ id }) => id)).toEqual(expected["host-network-2026-07"].slice(0, -1));
  });

  it("a node needs net_admin for the network of pods alone", () => {
    const facts = recordedFacts("plain-linux");
    const { effective, bounding } = facts.value(capabilities) ?? { effective: [], bounding: [] };
    const without = (all: readonly string[]): string[] => all.filter((name) => name !== "net_admin");
    const bare = withFact(facts, capabilities, { effective: without(effective), bounding: without(bounding) });
    const stopping = (mode: ClusterMode): string[] =>
      makePlan(bare, { blockers, remedies, mode }).unresolved.map(({ id }) => id);
    expect(stopping("node")).toEqual(["net-admin-missing"]);
    expect(stopping("host-network")).toEqual([]);
  });

  it("a node on the machine's network needs an address there", () => {
    const facts = withFact(recordedFacts("plain-linux"), defaultRoute, null);
    const { unresolved: stops } = makePlan(facts, { blockers, remedies, mode: "host-network" });
    expect(stops.map(({ id }) => id)).toEqual(["no-machine-address"]);
  });

  it.each(machines)("%s", (machine) => {
    const plan = makePlan(recordedFacts(machine), { blockers, remedies, mode: "node" });
    expect(plan.remedies.map(({ id }) => id)).toEqual(expected[machine]);
    expect(plan.uncertain.map(({ id }) => id)).toEqual(machine === "agent-2022-12" ? ["low-open-files"] : []);
    expect(plan.unresolved.map(({ id }) => id)).toEqual(unresolved[machine] ?? []);
  });

  it.each(machines)("%s runs a control plane, and simulated nodes, with no remedy at all", (machine) => {
    for (const mode of ["control-plane", "simulated"] as const) {
      const plan = makePlan(recordedFacts(machine), { blockers, remedies, mode });
      expect(plan.remedies).toEqual([]);
      expect(plan.unresolved).toEqual([]);
    }
  });

  it("still has a remedy for the keyring where nothing could try it", () => {
    const facts = withoutFact(recordedFacts("plain-linux"), sessionKeyring);
    const plan = makePlan(facts, { blockers, remedies, mode: "node" });
    expect(plan.remedies.map(({ id }) => id)).toContain("no-new-keyring");
  });

  it("is uncertain of mounts where nothing could try them", () => {
    const facts = withoutFact(recordedFacts("plain-linux"), mountTrials);
    const plan = makePlan(facts, { blockers, remedies, mode: "node" });
    expect(plan.uncertain.map(({ id }) => id)).toEqual(["no-mount-namespace", "no-mount"]);
  });
});
