import * as z from "zod";
import { exhibit, type FactProbe, measured } from "./fact-probe.ts";

const schema = z.object({
  /** Milliseconds since the epoch. */
  now: z.number(),
  /** By how many milliseconds the wall clock and the steady clock came apart over the span. */
  driftMilliseconds: z.number(),
  spanMilliseconds: z.number(),
});

const span = 50;

/** Whether the wall clock runs evenly. */
export const clock: FactProbe<z.infer<typeof schema>> = {
  id: "clock",
  title: "The clock",
  schema,
  async measure(host, signal) {
    const before = { wall: host.clock.now(), steady: host.clock.monotonic() };
    await host.clock.sleep(span, signal);
    const now = host.clock.now();
    const spanMilliseconds = host.clock.monotonic() - before.steady;
    const driftMilliseconds = Math.round(Math.abs(now - before.wall - spanMilliseconds));
    return measured({ now, driftMilliseconds, spanMilliseconds: Math.round(spanMilliseconds) }, [
      // Not as a date: the first one that Node formats makes it look for the time zone, which takes 0.7 s in gVisor without /etc/localtime.
      exhibit("clock", `${String(now)} ms since 1970, ${String(driftMilliseconds)} ms apart`),
    ]);
  },
};
