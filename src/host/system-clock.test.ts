import { expect, it } from "vitest";
import { systemClock } from "./system-clock.ts";

it("a sleep ends with the signal's own reason, and at once", async () => {
  const reason = new Error("stop");
  await expect(systemClock.sleep(600_000, AbortSignal.abort(reason))).rejects.toBe(reason);
  const abort = new AbortController();
  const sleeping = systemClock.sleep(600_000, abort.signal);
  abort.abort(reason);
  await expect(sleeping).rejects.toBe(reason);
});

it("a sleep takes its time, on the clock that never jumps", async () => {
  const start = systemClock.monotonic();
  await systemClock.sleep(15);
  expect(systemClock.monotonic() - start).toBeGreaterThanOrEqual(14);
});
