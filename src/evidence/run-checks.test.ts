import { describe, expect, it } from "vitest";
import type { CheckedClaim } from "../contract/check.ts";
import type { Exhibit } from "../contract/observation.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { systemClock } from "../host/system-clock.ts";
import { shortClock } from "../../test/fixtures/short-clock.ts";
import { proved, Refutation, refuted, type CheckScope, type Finding } from "./check.ts";
import { runChecks, type RunnableCheck, type RunOptions } from "./run-checks.ts";

class FakeView {
  readonly exhibits: Exhibit[] = [];
  waitsFor: string | undefined;
}

type FakeCheck = RunnableCheck<FakeView>;

function check(
  id: string,
  run: FakeCheck["run"] = () => Promise.resolve(proved("seen")),
  more: { readonly needs?: string; readonly scope?: CheckScope } = {},
): FakeCheck {
  return { id, claim: `${id} holds`, scope: "cluster", run, ...more };
}

function run(checks: readonly FakeCheck[], more: Partial<RunOptions<FakeView>> = {}): Promise<readonly CheckedClaim[]> {
  return runChecks(checks, {
    mode: "node",
    view: () => new FakeView(),
    clock: systemClock,
    signal: new AbortController().signal,
    ...more,
  });
}

const outcomes = (claims: readonly CheckedClaim[]): Record<string, string> =>
  Object.fromEntries(claims.map(({ id, outcome }) => [id, outcome]));

/** A promise and what resolves it. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe("runChecks", () => {
  it("keeps the order, the finding and the evidence", async () => {
    const first = gate();
    const claims = await run([
      check("slow", async (view) => {
        view.exhibits.push({ source: "a", content: "b" });
        await first.opened;
        return refuted("no\n  such  thing");
      }),
      check("fast", () => {
        first.open();
        return Promise.resolve(proved("yes"));
      }),
    ]);
    expect(claims).toMatchObject([
      { id: "slow", claim: "slow holds", outcome: "refuted", because: "no such thing", exhibits: [{ source: "a" }] },
      { id: "fast", outcome: "proved", because: "yes", exhibits: [] },
    ]);
    for (const { durationMs } of claims) expect(durationMs).toBeGreaterThanOrEqual(0);
  });

  it("takes what a check throws for an outcome: only a refutation refutes", async () => {
    const claims = await run([
      check("refutes", () => Promise.reject(new Refutation("it is not so"))),
      check("times-out", () =>
        Promise.reject(new SandkubeError({ title: "Timed out", message: "last: x", exit: "timeout" })),
      ),
      check("breaks", () => Promise.reject(new TypeError("undefined is no function"))),
      check("throws-at-once", () => {
        throw new Error("at once");
      }),
      check("goes-on"),
    ]);
    expect(claims.map(({ outcome, because }) => [outcome, because])).toEqual([
      ["refuted", "it is not so"],
      ["inconclusive", "Timed out. last: x"],
      ["inconclusive", "undefined is no function"],
      ["inconclusive", "at once"],
      ["proved", "seen"],
    ]);
  });

  it("runs no more than it may beside each other", async () => {
    let running = 0;
    let most = 0;
    const busy = async (): Promise<Finding> => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return proved("");
    };
    await run(
      Array.from({ length: 9 }, (_, index) => check(`busy-${String(index)}`, busy)),
      { concurrency: 3 },
    );
    expect(most).toBe(3);
  });

  it("runs what stands on another only where that was proved, and says why not", async () => {
    let ran = 0;
    const counted: FakeCheck["run"] = () => {
      ran++;
      return Promise.resolve(proved(""));
    };
    const claims = await run([
      check("base", () => Promise.resolve(refuted("no pod runs"))),
      check("on-base", counted, { needs: "base" }),
      check("on-that", counted, { needs: "on-base" }),
      check("absent", () => Promise.resolve({ outcome: "not-applicable", because: "there is none" })),
      check("on-absent", counted, { needs: "absent" }),
      check("on-skipped", counted, { needs: "skipped" }),
    ]);
    expect(ran).toBe(0);
    expect(outcomes(claims)).toMatchObject({
      "on-base": "inconclusive",
      "on-that": "inconclusive",
      "on-absent": "not-applicable",
      "on-skipped": "inconclusive",
    });
    expect(claims[1]?.because).toBe("it stands on base, which is refuted: no pod runs");
    expect(claims[5]?.because).toContain("was left out");
  });

  it("waits for what a check stands on, and runs others meanwhile", async () => {
    const between = gate();
    const order: string[] = [];
    const noted = (id: string): (() => Promise<Finding>) => {
      return () => {
        order.push(id);
        if (id === "other") between.open();
        return Promise.resolve(proved(""));
      };
    };
    await run([
      check("base", async () => {
        await between.opened;
        order.push("base");
        return proved("");
      }),
      check("on-base", noted("on-base"), { needs: "base" }),
      check("other", noted("other")),
    ]);
    expect(order).toEqual(["other", "base", "on-base"]);
  });

  it("does not run what this kind of cluster has not", async () => {
    const never: FakeCheck["run"] = () => Promise.reject(new Error("ran"));
    const checks = [check("pods", never, { scope: "containers" }), check("nodes", never, { scope: "nodes" })];
    expect(outcomes(await run(checks, { mode: "control-plane" }))).toEqual({
      pods: "not-applicable",
      nodes: "not-applicable",
    });
    const [pods, nodes] = await run(checks, { mode: "simulated" });
    expect(pods).toMatchObject({ outcome: "not-applicable", because: "no container runs in this cluster" });
    expect(nodes?.because).toBe("ran");
  });

  it("runs what makes nothing where nothing can be made", async () => {
    const checks = [
      { ...check("looks"), alone: true },
      check("makes"),
      check("on-makes", undefined, { needs: "makes" }),
    ];
    const claims = await run(checks, { impaired: "nothing can be made: ECONNREFUSED" });
    expect(outcomes(claims)).toEqual({ looks: "proved", makes: "inconclusive", "on-makes": "inconclusive" });
    expect(claims[1]?.because).toBe("nothing can be made: ECONNREFUSED");
  });

  it("calls a check that takes too long inconclusive, with what it waited for, and tells it", async () => {
    let told: AbortSignal | undefined;
    const clock = shortClock((milliseconds) => milliseconds >= 6000);
    const claims = await run(
      [
        check("hangs", (view, signal) => {
          told = signal;
          view.waitsFor = "pod web: ContainerCreating";
          return new Promise(() => undefined);
        }),
        check("goes-on"),
      ],
      { clock },
    );
    expect(claims[0]).toMatchObject({
      outcome: "inconclusive",
      because: "not told within 120 s; last: pod web: ContainerCreating",
    });
    expect(told?.aborted).toBe(true);
    expect(claims[1]?.outcome).toBe("proved");
    expect(clock.slept).toContain(120_000);
  });

  it("ends with the signal: tells those that run, begins no other, and throws its reason", async () => {
    const controller = new AbortController();
    const begun: string[] = [];
    const ended: CheckedClaim[] = [];
    let released = false;
    const running = run(
      [
        check("runs", (_view, signal) => {
          begun.push("runs");
          return new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => {
              released = true;
              reject(new Error("told"));
            });
            controller.abort(new Error("Ctrl-C"));
          });
        }),
        check("later", () => {
          begun.push("later");
          return Promise.resolve(proved(""));
        }),
      ],
      { signal: controller.signal, concurrency: 1, ended: (claim) => ended.push(claim) },
    );
    await expect(running).rejects.toThrow("Ctrl-C");
    expect(begun).toEqual(["runs"]);
    expect(released).toBe(true);
    expect(ended.map(({ outcome }) => outcome)).toEqual(["inconclusive"]);
  });

  it("tells of each start and end", async () => {
    const told: string[] = [];
    await run([check("one"), check("two", undefined, { scope: "containers" })], {
      mode: "control-plane",
      concurrency: 1,
      started: ({ id }) => told.push(`started ${id}`),
      ended: ({ id, outcome }) => told.push(`${outcome} ${id}`),
    });
    expect(told.sort()).toEqual(["not-applicable two", "proved one", "started one"]);
  });

  it("does not wait for ever where checks need each other", async () => {
    await expect(run([check("a", undefined, { needs: "b" }), check("b", undefined, { needs: "a" })])).rejects.toThrow(
      "these checks need each other: a, b",
    );
  });
});
