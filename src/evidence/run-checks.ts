import { isAborted } from "../contract/is-aborted.ts";
import type { CheckedClaim } from "../contract/check.ts";
import type { ClusterMode } from "../contract/cluster-spec.ts";
import type { Clock } from "../contract/host.ts";
import type { Exhibit } from "../contract/observation.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { inconclusive, notApplicable, Refutation, refuted, scopes, type Check, type Finding } from "./check.ts";
import { presentable } from "./presentable.ts";
import type { ClusterView } from "./cluster-view.ts";

/** What the runner knows of a check that is under way. */
export type CheckedView = Pick<ClusterView, "waitsFor"> & { readonly exhibits: readonly Exhibit[] };

/** Options of {@link runChecks}. */
export interface RunOptions<View extends CheckedView> {
  readonly mode: ClusterMode;
  /** Makes what a check is given. */
  readonly view: (signal: AbortSignal) => View;
  readonly clock: Clock;
  /** Ends everything: no check begins after it, and those under way are told. */
  readonly signal: AbortSignal;
  /** How many run beside each other. Default: 4, as most of them wait for two processors. */
  readonly concurrency?: number;
  /** Milliseconds for each check. Default: 120 000. */
  readonly timeout?: number;
  /** Why nothing can be made in the cluster; checks that have to are then not run. */
  readonly impaired?: string;
  readonly started?: (check: RunnableCheck<View>) => void;
  readonly ended?: (claim: CheckedClaim) => void;
}

/** A check that is given a `View`. */
export type RunnableCheck<View> = Omit<Check, "run"> & {
  run(view: View, signal: AbortSignal): Promise<Finding>;
};

/** How long a check that was told to end may take to let go (milliseconds). */
const letGo = 6000;

/**
 * Runs checks in order, a few at a time, and never throws for what one of them
 * does. A check begins when the one that it needs has ended, and is not run where
 * that one was not proved.
 *
 * @throws the signal's reason where it is aborted, once no check is under way
 */
export async function runChecks<View extends CheckedView>(
  checks: readonly RunnableCheck<View>[],
  options: RunOptions<View>,
): Promise<readonly CheckedClaim[]> {
  const claims = new Map<string, CheckedClaim>();
  const waiting = [...checks];
  const running = new Map<string, Promise<void>>();
  const concurrency = options.concurrency ?? 4;
  const ids = new Set(checks.map(({ id }) => id));
  while ((waiting.length > 0 || running.size > 0) && !isAborted(options.signal)) {
    const index = waiting.findIndex(({ needs }) => needs === undefined || !ids.has(needs) || claims.has(needs));
    const next = running.size < concurrency ? waiting[index] : undefined;
    if (next === undefined) {
      if (running.size === 0)
        throw new Error(`these checks need each other: ${waiting.map(({ id }) => id).join(", ")}`);
      await Promise.race(running.values());
      continue;
    }
    waiting.splice(index, 1);
    const end = (claim: CheckedClaim): void => {
      claims.set(next.id, claim);
      running.delete(next.id);
      options.ended?.(claim);
    };
    const without = reasonNotToRun(next, options, claims);
    if (without !== undefined) {
      end({ id: next.id, claim: next.claim, ...without, exhibits: [], durationMs: 0 });
      continue;
    }
    options.started?.(next);
    running.set(next.id, runCheck(next, options).then(end));
  }
  await Promise.all(running.values());
  options.signal.throwIfAborted();
  return checks.flatMap(({ id }) => claims.get(id) ?? []);
}

function reasonNotToRun(
  { scope, needs, alone }: Pick<Check, "scope" | "needs" | "alone">,
  { mode, impaired }: Pick<RunOptions<never>, "mode" | "impaired">,
  claims: ReadonlyMap<string, CheckedClaim>,
): Finding | undefined {
  if (!scopes[scope].modes.includes(mode)) return notApplicable(scopes[scope].lack);
  if (impaired !== undefined && alone !== true) return inconclusive(impaired);
  if (needs === undefined) return undefined;
  const needed = claims.get(needs);
  if (needed === undefined) return inconclusive(`it stands on ${needs}, which was left out`);
  switch (needed.outcome) {
    case "proved":
      return undefined;
    case "not-applicable":
      return notApplicable(`it stands on ${needs}: ${needed.because}`);
    case "refuted":
    case "inconclusive":
      return inconclusive(`it stands on ${needs}, which is ${needed.outcome}: ${needed.because}`);
  }
}

async function runCheck<View extends CheckedView>(
  check: RunnableCheck<View>,
  options: RunOptions<View>,
): Promise<CheckedClaim> {
  const { clock } = options;
  const timeout = options.timeout ?? 120_000;
  const start = clock.monotonic();
  const time = new AbortController();
  const finished = new AbortController();
  const signal = AbortSignal.any([options.signal, time.signal]);
  const view = options.view(signal);
  let given: Finding | undefined;
  const work = Promise.resolve()
    .then(() => check.run(view, signal))
    .catch((error: unknown) => findingOf(error))
    .then((finding) => {
      given ??= finding;
    });
  const limit = async (): Promise<void> => {
    await clock.sleep(timeout, AbortSignal.any([options.signal, finished.signal])).catch(() => undefined);
    if (given !== undefined) return;
    const last = view.waitsFor === undefined ? "" : `; last: ${view.waitsFor}`;
    given = inconclusive(
      options.signal.aborted ? "it was interrupted" : `not told within ${String(timeout / 1000)} s${last}`,
    );
    time.abort(new Error(given.because));
    // It may hold a process or a file; a check that does not listen is left behind.
    await Promise.race([work, clock.sleep(letGo, finished.signal).catch(() => undefined)]);
  };
  await Promise.race([work, limit()]);
  finished.abort();
  const { id, claim } = check;
  const { outcome, because } = given ?? inconclusive("it ended without a word");
  // One sentence: a shell's answer may have lines.
  const sentence = presentable(because).replaceAll(/\s+/g, " ").trim();
  return {
    id,
    claim,
    outcome,
    because: sentence,
    exhibits: view.exhibits,
    durationMs: Math.round(clock.monotonic() - start),
  };
}

function findingOf(error: unknown): Finding {
  if (error instanceof Refutation) return refuted(error.message);
  if (error instanceof SandkubeError) return inconclusive(`${error.title}. ${error.message}`);
  return inconclusive(error instanceof Error ? error.message : String(error));
}
