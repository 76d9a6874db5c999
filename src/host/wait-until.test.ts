import { describe, expect, it } from "vitest";
import type { Clock } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { waitUntil } from "./wait-until.ts";

/** A clock that jumps over every sleep. */
function jumpingClock(): Clock & { readonly slept: number[] } {
  let now = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    monotonic: () => now,
    sleep: (milliseconds, signal) => {
      signal?.throwIfAborted();
      slept.push(milliseconds);
      now += milliseconds;
      return Promise.resolve();
    },
  };
}

describe("waitUntil", () => {
  it("returns the answer at once where it is there", async () => {
    const clock = jumpingClock();
    const answer = await waitUntil(() => Promise.resolve({ ok: true as const, pid: 7 }), {
      clock,
      what: "a process",
      timeout: 1000,
    });
    expect(answer.pid).toBe(7);
    expect(clock.slept).toEqual([]);
  });

  it("looks again at the interval until the answer is there", async () => {
    const clock = jumpingClock();
    let looks = 0;
    await waitUntil(() => Promise.resolve(++looks === 4 ? { ok: true } : { ok: false, because: "not yet" }), {
      clock,
      what: "the fourth look",
      timeout: 1000,
      interval: 30,
    });
    expect(looks).toBe(4);
    expect(clock.slept).toEqual([30, 30, 30]);
  });

  it("a timeout carries what was waited for, the last reason and the hint", async () => {
    let looks = 0;
    const waiting = waitUntil(() => Promise.resolve({ ok: false, because: `look ${String(++looks)} saw nothing` }), {
      clock: jumpingClock(),
      what: "the node",
      timeout: 500,
      hint: "Look at the log.",
    });
    const error: unknown = await waiting.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SandkubeError);
    expect(error).toMatchObject({
      title: "Timed out waiting for the node",
      message: `After 0.5 s the last reason was: look ${String(looks)} saw nothing`,
      hint: "Look at the log.",
      exit: "timeout",
    });
  });

  it("looks at least once, and once more after the last sleep", async () => {
    let looks = 0;
    const waiting = waitUntil(() => Promise.resolve({ ok: false, because: String(++looks) }), {
      clock: jumpingClock(),
      what: "nothing",
      timeout: 0,
    });
    await expect(waiting).rejects.toThrow("the last reason was: 2");
  });

  it("tells each new reason once", async () => {
    const reasons: string[] = [];
    const answers = ["a", "a", "b", "b", "a"];
    await waitUntil(
      () => {
        const because = answers.shift();
        return Promise.resolve(because === undefined ? { ok: true } : { ok: false, because });
      },
      { clock: jumpingClock(), what: "it", timeout: 10_000, onReason: (because) => reasons.push(because) },
    );
    expect(reasons).toEqual(["a", "b", "a"]);
  });

  it("ends with the signal's reason, before a look and in a sleep", async () => {
    const reason = new Error("stop");
    const look = (): Promise<{ ok: false; because: string }> => Promise.resolve({ ok: false, because: "no" });
    const options = { clock: jumpingClock(), what: "it", timeout: 10_000 };
    await expect(waitUntil(look, { ...options, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const abort = new AbortController();
    const waiting = waitUntil(
      () => {
        abort.abort(reason);
        return look();
      },
      { ...options, signal: abort.signal },
    );
    await expect(waiting).rejects.toBe(reason);
  });

  it("an error of the look is not a reason to go on", async () => {
    const waiting = waitUntil(() => Promise.reject(new Error("broken")), {
      clock: jumpingClock(),
      what: "it",
      timeout: 10_000,
    });
    await expect(waiting).rejects.toThrow("broken");
  });
});
