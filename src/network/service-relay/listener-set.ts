import { Balancer } from "./balancer.ts";
import type { Listener, ListenerContext } from "./listener.ts";
import { TcpListener } from "./tcp-listener.ts";
import { UdpListener } from "./udp-listener.ts";
import type { WantedListener } from "./wanted-state.ts";

/** A listener that could not be opened. */
export interface FailedListener {
  readonly wanted: WantedListener;
  /** Node's code, such as EADDRINUSE. */
  readonly code: string;
}

/** Makes the listeners that there are into those that are wanted. */
export class ListenerSet {
  readonly #now: () => number;
  readonly #open = new Map<string, Listener>();
  readonly #balancers = new Map<string, Balancer>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** How many listen. */
  get size(): number {
    return this.#open.size;
  }

  /** Closes, opens and updates; returns what could not be opened, to be tried again. */
  async become(wanted: ReadonlyMap<string, WantedListener>): Promise<readonly FailedListener[]> {
    for (const [key, listener] of this.#open) {
      if (wanted.has(key)) continue;
      listener.close();
      this.#open.delete(key);
    }
    const opened = await Promise.all([...wanted.values()].map((one) => this.#ensure(one)));
    const used = new Set([...wanted.values()].map(({ servicePort }) => servicePort));
    for (const key of this.#balancers.keys()) if (!used.has(key)) this.#balancers.delete(key);
    return opened.filter((failed) => failed !== undefined);
  }

  /** Closes all. */
  close(): void {
    for (const listener of this.#open.values()) listener.close();
    this.#open.clear();
  }

  async #ensure(wanted: WantedListener): Promise<FailedListener | undefined> {
    const context = this.#contextOf(wanted);
    const there = this.#open.get(wanted.key);
    if (there !== undefined) {
      there.update(wanted);
      return undefined;
    }
    const listener = wanted.protocol === "TCP" ? new TcpListener(wanted, context) : new UdpListener(wanted, context);
    try {
      await listener.open();
      this.#open.set(wanted.key, listener);
      return undefined;
    } catch (error) {
      return { wanted, code: (error as NodeJS.ErrnoException).code ?? String(error) };
    }
  }

  #contextOf({ servicePort, affinitySeconds }: WantedListener): ListenerContext {
    let balancer = this.#balancers.get(servicePort);
    if (balancer === undefined) {
      balancer = new Balancer(this.#now);
      this.#balancers.set(servicePort, balancer);
    }
    balancer.affinity = affinitySeconds === undefined ? undefined : affinitySeconds * 1000;
    return { balancer, now: this.#now };
  }
}
