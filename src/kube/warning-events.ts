import { createHash } from "node:crypto";
import type { Clock } from "../contract/host.ts";
import { ApiError, type ApiClient } from "./api-client.ts";

/** Something that a user has to know about an object. */
export interface Warning {
  readonly about: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata: { readonly name: string; readonly namespace: string; readonly uid: string };
  };
  readonly reason: string;
  readonly message: string;
  /** Tells one cause from every other: each has an event of its own. */
  readonly key: string;
}

/** Who tells, as events show it. */
export interface EventSource {
  readonly component: string;
  /** The name of a node. */
  readonly host: string;
}

/**
 * Milliseconds after which an event is renewed whose cause is still there. The API server forgets an event an hour
 * after its last change
 * (EventTTL in https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/controlplane/apiserver/options/options.go);
 * one that a process before this one wrote may be a renewal old already.
 */
const renewal = 20 * 60_000;

/**
 * Tells users about objects by Warning events: one for each cause, which stays for
 * as long as its cause does. An event's name is made of its cause, so that a
 * process that starts again finds what was said before and does not say it again.
 */
export class WarningEvents {
  readonly #client: Pick<ApiClient, "text">;
  readonly #source: EventSource;
  readonly #clock: Pick<Clock, "now" | "monotonic">;
  /** The causes at hand, and when each was said last. */
  readonly #said = new Map<string, number>();
  /** Whether what stood when this process began has been said; an event that is there from then on is one of its own. */
  #isUnderWay = false;

  constructor(client: Pick<ApiClient, "text">, source: EventSource, clock: Pick<Clock, "now" | "monotonic">) {
    this.#client = client;
    this.#source = source;
    this.#clock = clock;
  }

  /**
   * Says what is new among the warnings of the moment, and renews what is old.
   *
   * @throws ApiError, the first of those that could not be said; the next time says them. Node's own error where
   *   there is no answer
   */
  async say(warnings: readonly Warning[], signal: AbortSignal): Promise<void> {
    const current = new Set(warnings.map(({ key }) => key));
    for (const key of this.#said.keys()) if (!current.has(key)) this.#said.delete(key);
    let refusal: ApiError | undefined;
    for (const warning of warnings) {
      const last = this.#said.get(warning.key);
      const now = this.#clock.monotonic();
      if (last !== undefined && now - last < renewal) continue;
      try {
        await this.#write(warning, signal);
        this.#said.set(warning.key, now);
      } catch (error) {
        // One that is refused, as in a namespace that is going, keeps no other from being said.
        if (!(error instanceof ApiError)) throw error;
        refusal ??= error;
      }
    }
    if (refusal !== undefined) throw refusal;
    this.#isUnderWay = true;
  }

  async #write({ about, reason, message, key }: Warning, signal: AbortSignal): Promise<void> {
    const { apiVersion, kind, metadata } = about;
    const { name, namespace, uid } = metadata;
    const path = `/api/v1/namespaces/${namespace}/events`;
    const event = eventName(name, key);
    const time = new Date(this.#clock.now()).toISOString();
    try {
      const body = {
        apiVersion: "v1",
        kind: "Event",
        metadata: { name: event, namespace },
        involvedObject: { apiVersion, kind, name, namespace, uid },
        type: "Warning",
        reason,
        message,
        source: this.#source,
        firstTimestamp: time,
        lastTimestamp: time,
        count: 1,
      };
      await this.#client.text(path, { method: "POST", body, signal });
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 409)) throw error;
      if (!this.#isUnderWay) return;
      const contentType = "application/merge-patch+json";
      const options = { method: "PATCH", body: { lastTimestamp: time }, contentType, signal } as const;
      await this.#client.text(`${path}/${event}`, options);
    }
  }
}

/** At most 253 characters, as every name (https://kubernetes.io/docs/concepts/overview/working-with-objects/names/). */
function eventName(name: string, key: string): string {
  return `${name.slice(0, 230)}.${createHash("sha256").update(key).digest("hex").slice(0, 16)}`;
}
