import { describe, expect, it } from "vitest";
import type { RemedyProof } from "../../contract/remedy.ts";
import { remedies } from "../../remedies/catalogue.ts";
import type { ClusterView } from "../cluster-view.ts";
import { allReady, podReadiness, type Pod } from "../pods.ts";
import { openToOthers } from "./access.ts";
import { wrongComponents, type SeenComponent } from "./api-server.ts";
import { findsAddress } from "./names.ts";
import { isInNetwork } from "./pods.ts";
import { checks } from "../catalogue.ts";
import { remedyChecks } from "./remedies.ts";
import { millicores } from "./resource-metrics.ts";
import { lateNodes } from "./scheduling.ts";
import { inOrder, rolledOut } from "./workloads.ts";

describe("components-alive", () => {
  const seen = (change: Partial<SeenComponent>, state = "ready"): SeenComponent => ({
    component: { name: "kine", state, restarts: 0, process: { pid: 7, startTicks: 1 } },
    alive: true,
    stopped: false,
    mark: "own",
    ...change,
  });
  const wrong = (found: readonly SeenComponent[]): readonly string[] => wrongComponents(["kine"], found, "own");

  it("is content with a process that lives, is ours and serves", () => {
    expect(wrong([seen({})])).toEqual([]);
  });

  it.each([
    ["nobody started it", [], "kine has never been started"],
    ["it is gone", [seen({ alive: false }, "backing-off")], "kine does not run (backing-off)"],
    ["the number is another's", [seen({ mark: "other" })], "pid 7 is not this cluster's kine"],
    ["it is held", [seen({ stopped: true })], "kine is held by a signal and does nothing"],
    ["it does not serve", [seen({}, "unhealthy")], "kine is unhealthy: no reason is known"],
  ])("says that %s", (_what, found, because) => {
    expect(wrong(found)).toEqual([because]);
  });
});

describe("resource-metrics", () => {
  it.each([
    ["741234567n", 741],
    ["12345u", 12],
    ["250m", 250],
    ["2", 2000],
    ["0", 0],
  ])("reads %s as %i thousandths of a processor", (quantity, expected) => {
    expect(millicores(quantity)).toBe(expected);
  });

  it("takes nothing for a figure that is none", () => {
    expect(millicores("1Gi")).toBe(0);
  });
});

describe("secrets-on-disk", () => {
  it("names what anybody but the owner may touch", () => {
    const modes = [0o600, 0o700, 0o640, 0o604, 0o710].map((mode) => ({ path: mode.toString(8), mode }));
    expect(openToOthers(modes)).toEqual(["640", "604", "710"]);
  });
});

describe("node-ready", () => {
  it("names nodes that are not Ready, silent, or of another time", () => {
    const node = (ready: boolean, age: number): { name: string; ready: boolean; age: number } => ({
      name: "n",
      ready,
      age,
    });
    expect(lateNodes([node(true, 3), node(true, 40)])).toEqual([]);
    expect(lateNodes([node(false, 3)])).toEqual(["n is not Ready"]);
    for (const age of [41, -3600, Number.NaN]) expect(lateNodes([node(true, age)])).toHaveLength(1);
  });
});

describe("names", () => {
  const answer = (address: string): string =>
    `Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\nName:\tx\nAddress: ${address}\n`;

  it("tell the answer from the server that was asked, and an address from one that begins like it", () => {
    expect(findsAddress(answer("10.96.0.1"), "10.96.0.1")).toBe(true);
    expect(findsAddress(answer("10.96.0.1"), "10.96.0.10")).toBe(false);
    expect(findsAddress(answer("10.96.0.10"), "10.96.0.1")).toBe(false);
    expect(findsAddress("** server can't find x: NXDOMAIN", "10.96.0.1")).toBe(false);
  });
});

describe("pod-runs", () => {
  it("knows the addresses of a network", () => {
    expect(isInNetwork("10.244.0.9", "10.244.0.0/24")).toBe(true);
    expect(isInNetwork("10.244.1.9", "10.244.0.0/24")).toBe(false);
    expect(isInNetwork("10.99.1.9", "10.96.0.0/14")).toBe(true);
  });
});

describe("workloads", () => {
  const pod = (name: string, created: string, ready?: string): Pod => ({
    metadata: { name, uid: name, creationTimestamp: created },
    spec: {},
    status: {
      podIP: "10.244.0.5",
      phase: "Running",
      conditions: [
        {
          type: "Ready",
          status: ready === undefined ? "False" : "True",
          message: "waits",
          ...(ready === undefined ? {} : { lastTransitionTime: ready }),
        },
      ],
    },
  });

  it("see a StatefulSet that did not wait", () => {
    const second = pod("s-1", "2026-01-01T00:00:05Z", "2026-01-01T00:00:09Z");
    expect(inOrder([pod("s-0", "2026-01-01T00:00:00Z", "2026-01-01T00:00:05Z"), second])).toBe(true);
    expect(inOrder([pod("s-0", "2026-01-01T00:00:00Z", "2026-01-01T00:00:06Z"), second])).toBe(false);
    expect(inOrder([pod("s-0", "2026-01-01T00:00:00Z"), second])).toBe(false);
    expect(inOrder([second])).toBe(false);
  });

  it("see a roll-out that is not over", () => {
    const status = { observedGeneration: 2, replicas: 2, updatedReplicas: 2, readyReplicas: 2 };
    expect(rolledOut({ metadata: { generation: 2 }, status }, 2).ok).toBe(true);
    expect(rolledOut({ metadata: { generation: 3 }, status }, 2).ok).toBe(false);
    for (const change of [{ replicas: 3 }, { updatedReplicas: 1 }, { readyReplicas: 1 }]) {
      expect(rolledOut({ metadata: { generation: 2 }, status: { ...status, ...change } }, 2).ok).toBe(false);
    }
    expect(rolledOut({ metadata: { generation: 1 } }, 0).ok).toBe(false);
  });

  it("see a pod that is not Ready, and what it waits for", () => {
    const ready = pod("a", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z");
    expect(podReadiness(ready)).toEqual({ ok: true, value: "10.244.0.5" });
    expect(allReady([ready], 2)).toEqual({ ok: false, because: "1 of 2 pods are there" });
    expect(allReady([ready, pod("b", "2026-01-01T00:00:00Z")], 2)).toEqual({
      ok: false,
      because: "b: Running: waits",
    });
  });
});

describe("remedy checks", () => {
  it.each(remedies.map(({ id }) => id))("remedy-%s stands on a check that there is", (id) => {
    expect(checks.map((check) => check.id)).toContain(checkOf(id, "inconclusive")?.needs);
  });

  const checkOf = (id: string, outcome: RemedyProof["outcome"]): ReturnType<typeof remedyChecks>[number] | undefined =>
    remedyChecks([
      {
        id,
        title: "T",
        fidelity: "exact",
        clears: ["b"],
        cost: "",
        disclosure: "",
        proved: { outcome, because: "measured" },
      },
    ])[0];
  const view = { exhibit: () => undefined } as unknown as ClusterView;
  const run = (id: string, outcome: RemedyProof["outcome"]): unknown =>
    checkOf(id, outcome)?.run(view, new AbortController().signal);

  it("say what was measured", async () => {
    expect(checkOf("empty-kernel-log", "proved")).toMatchObject({ id: "remedy-empty-kernel-log", scope: "cluster" });
    expect(checkOf("empty-kernel-log", "proved")?.needs).toBeUndefined();
    expect(await run("empty-kernel-log", "proved")).toEqual({ outcome: "proved", because: "measured" });
    expect(await run("empty-kernel-log", "refuted")).toEqual({ outcome: "refuted", because: "measured" });
  });

  it("stand on what shows the remedy where nothing could be measured", async () => {
    expect(checkOf("source-nat", "inconclusive")?.needs).toBe("egress");
    expect(checkOf("no-new-keyring", "inconclusive")?.needs).toBe("pod-runs");
    // A pod is no proof of it: one runs without.
    expect(checkOf("shared-pid-namespace", "inconclusive")?.needs).toBe("environment-variables");
    expect(await run("source-nat", "inconclusive")).toMatchObject({ outcome: "proved" });
  });
});
