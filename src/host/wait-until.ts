import type { Clock } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";

/** Options of {@link waitUntil}. */
export interface WaitOptions {
  readonly clock: Clock;
  /** What is waited for, as the end of "waiting for ...". */
  readonly what: string;
  /** Milliseconds. */
  readonly timeout: number;
  /** Milliseconds between two looks. Default: 100. */
  readonly interval?: number;
  readonly signal?: AbortSignal;
  readonly hint?: string;
  /** Told each new reason why the wait goes on. */
  readonly onReason?: (because: string) => void;
}

/**
 * Looks until the answer is `ok`, and returns it.
 *
 * @throws SandkubeError (timeout) that carries the last reason seen
 */
export async function waitUntil<T extends { readonly ok: true } | { readonly ok: false; readonly because: string }>(
  look: () => Promise<T>,
  options: WaitOptions,
): Promise<Extract<T, { ok: true }>> {
  const start = options.clock.monotonic();
  let because: string | undefined;
  for (;;) {
    options.signal?.throwIfAborted();
    const answer = await look();
    if (answer.ok) return answer as Extract<T, { ok: true }>;
    if (answer.because !== because) {
      because = answer.because;
      options.onReason?.(because);
    }
    if (options.clock.monotonic() - start > options.timeout) {
      throw new SandkubeError({
        title: `Timed out waiting for ${options.what}`,
        message: `After ${String(options.timeout / 1000)} s the last reason was: ${because}`,
        ...(options.hint === undefined ? {} : { hint: options.hint }),
        exit: "timeout",
      });
    }
    await options.clock.sleep(options.interval ?? 100, options.signal);
  }
}
