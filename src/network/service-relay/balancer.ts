import type { Target } from "./targets.ts";

interface Stay {
  readonly target: string;
  readonly until: number;
}

/**
 * Chooses targets for one service port: in turn, so that the load is even, and
 * where the service asks for it the same target for the same client.
 */
export class Balancer {
  /** How long a client stays (milliseconds); undefined: it does not. */
  affinity: number | undefined;
  #turn = 0;
  /** By client address, the longest unused first. */
  readonly #stays = new Map<string, Stay>();
  readonly #now: () => number;

  /** @param now milliseconds on a clock that never jumps */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * The next target for a client.
   *
   * @param client tells its address, which costs a system call and is asked for only where clients stay
   * @param refused keys of targets that have refused this connection
   */
  choose(client: () => string, targets: readonly Target[], refused?: ReadonlySet<string>): Target | undefined {
    const { affinity } = this;
    const stay = affinity === undefined ? undefined : this.#stays.get(client());
    let chosen: Target | undefined;
    if (stay !== undefined && stay.until > this.#now() && refused?.has(stay.target) !== true) {
      chosen = targets.find((target) => targetKey(target) === stay.target);
    }
    for (let looked = 0; chosen === undefined && looked < targets.length; looked++) {
      const target = targets[this.#turn % targets.length];
      this.#turn = (this.#turn + 1) % targets.length;
      if (target !== undefined && refused?.has(targetKey(target)) !== true) chosen = target;
    }
    if (affinity !== undefined && chosen !== undefined) this.#keep(client(), targetKey(chosen), affinity);
    return chosen;
  }

  #keep(client: string, target: string, affinity: number): void {
    const now = this.#now();
    this.#stays.delete(client);
    this.#stays.set(client, { target, until: now + affinity });
    for (const [old, { until }] of this.#stays) {
      if (until > now) break;
      this.#stays.delete(old);
    }
  }
}

/** ADDRESS:PORT of a target. */
export function targetKey({ address, port }: Target): string {
  return `${address}:${String(port)}`;
}
