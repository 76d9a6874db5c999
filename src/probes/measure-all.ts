import type { Host } from "../contract/host.ts";
import { Facts, type Observation, type Probe, type ProbeSubject } from "../contract/observation.ts";

/** Options of {@link measureAll}. */
export interface MeasureOptions {
  readonly host: Host;
  readonly subject: ProbeSubject;
  readonly signal: AbortSignal;
  /** Milliseconds that one probe may take. Default: 20 000, since a loaded sandbox is slow and a fact that is missed costs a remedy. */
  readonly timeout?: number;
  /** Told each observation as it comes, with the time it took (milliseconds). */
  readonly onMeasured?: (probe: Probe<unknown>, observation: Observation<unknown>, milliseconds: number) => void;
}

/**
 * Runs the probes at once. One that throws or does not answer in time is
 * inconclusive and disturbs no other.
 *
 * @throws the signal's reason when aborted
 */
export async function measureAll(probes: readonly Probe<unknown>[], options: MeasureOptions): Promise<Facts> {
  const observations = await Promise.all(
    probes.map(async (probe): Promise<[string, Observation<unknown>]> => {
      const start = options.host.clock.monotonic();
      const observation = await measureOne(probe, options);
      options.onMeasured?.(probe, observation, options.host.clock.monotonic() - start);
      return [probe.id, observation];
    }),
  );
  options.signal.throwIfAborted();
  return new Facts(new Map(observations));
}

async function measureOne(probe: Probe<unknown>, options: MeasureOptions): Promise<Observation<unknown>> {
  const timeout = options.timeout ?? 20_000;
  const answered = new AbortController();
  const late = new AbortController();
  const signal = AbortSignal.any([options.signal, late.signal]);
  const limit = options.host.clock.sleep(timeout, AbortSignal.any([options.signal, answered.signal])).then(
    () => {
      late.abort(new Error("the probe took too long"));
      return inconclusive(`${probe.id} did not answer within ${String(timeout)} ms`);
    },
    () => inconclusive(`${probe.id} was given up`),
  );
  try {
    return await Promise.race([attempt(probe, options, signal), limit]);
  } finally {
    answered.abort();
  }
}

async function attempt(
  probe: Probe<unknown>,
  options: MeasureOptions,
  signal: AbortSignal,
): Promise<Observation<unknown>> {
  try {
    return await probe.measure(options.host, signal, options.subject);
  } catch (error) {
    return inconclusive(error instanceof Error ? error.message : String(error));
  }
}

function inconclusive(because: string): Observation<unknown> {
  return { kind: "inconclusive", because, exhibits: [] };
}
