import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../contract/host.ts";

/** The time of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (milliseconds, signal) => {
    try {
      await delay(milliseconds, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      signal?.throwIfAborted(); // with the caller's reason, not Node's AbortError
      throw error;
    }
  },
};
