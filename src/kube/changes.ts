import type { Clock } from "../contract/host.ts";

/** Wakes a loop that follows changes; those that come while it works are one. */
export class Changes {
  readonly #clock: Pick<Clock, "sleep">;
  #wake: () => void = () => undefined;
  #changed = false;

  constructor(clock: Pick<Clock, "sleep">) {
    this.#clock = clock;
  }

  /** Says that something changed. */
  tell(): void {
    this.#changed = true;
    this.#wake();
  }

  /** Resolves at the next change, after so many milliseconds, or at the signal. */
  async next(most: number, signal: AbortSignal): Promise<void> {
    if (!this.#changed) {
      const timer = new AbortController();
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const pause = this.#clock.sleep(most, AbortSignal.any([signal, timer.signal]));
      await Promise.race([woken, pause.catch(() => undefined)]);
      timer.abort();
    }
    this.#changed = false;
  }
}
