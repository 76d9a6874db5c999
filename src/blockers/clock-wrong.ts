import type { Blocker } from "../contract/blocker.ts";
import { clock } from "../probes/clock.ts";
import { blocked, clear, judge } from "./judge.ts";

/** The year that Kubernetes 1.36 was released in; a clock that shows an earlier one is wrong. */
const earliest = Date.UTC(2026, 0);

/** Far more than a busy machine explains over the span that is looked at. */
const tolerated = 500;

/** Certificates are made by one clock and checked by it; one that jumps makes leases and timeouts meaningless. */
export const clockWrong: Blocker = {
  id: "clock-wrong",
  title: "The clock is wrong or jumps",
  needs: [clock],
  stops: [],
  upstream: "https://github.com/kubernetes/client-go/blob/v0.36.3/tools/leaderelection/leaderelection.go#L536",
  diagnose: (facts) =>
    judge(facts, clock, ({ now, driftMilliseconds, spanMilliseconds }) => {
      if (now < earliest) return blocked(`it says ${new Date(now).toISOString()}`);
      return driftMilliseconds <= tolerated
        ? clear
        : blocked(`it jumped by ${String(driftMilliseconds)} ms within ${String(spanMilliseconds)} ms`);
    }),
};
