import type { WantedListener } from "./wanted-state.ts";
import type { Balancer } from "./balancer.ts";

/** A socket that serves one address and port. */
export interface Listener {
  /**
   * Starts to listen.
   *
   * @throws Node's error where the port cannot be had
   */
  open(): Promise<void>;
  /** Takes new targets and settings; what is under way goes on. */
  update(wanted: WantedListener): void;
  /** Stops to listen. Established TCP connections go on. */
  close(): void;
}

/** What a listener is made with. */
export interface ListenerContext {
  readonly balancer: Balancer;
  readonly now: () => number;
}
