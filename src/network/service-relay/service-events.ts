import { createHash } from "node:crypto";
import { ApiError, type ApiClient } from "../../kube/api-client.ts";
import type { Complaint } from "./wanted-state.ts";

/** Tells users about Services by Warning events: once for each cause, until it is gone and comes again. */
export class ServiceEvents {
  readonly #client: ApiClient;
  readonly #nodeName: string;
  readonly #said = new Set<string>();

  constructor(client: ApiClient, nodeName: string) {
    this.#client = client;
    this.#nodeName = nodeName;
  }

  /** Says what is new among the complaints of the moment. */
  async say(complaints: readonly Complaint[], now: Date, signal: AbortSignal): Promise<void> {
    const current = new Map(complaints.map((complaint) => [keyOf(complaint), complaint]));
    for (const key of this.#said) if (!current.has(key)) this.#said.delete(key);
    for (const [key, complaint] of current) {
      if (this.#said.has(key)) continue;
      this.#said.add(key);
      try {
        await this.#write(complaint, key, now.toISOString(), signal);
      } catch (error) {
        this.#said.delete(key); // the API server may be away; the next time says it
        throw error;
      }
    }
  }

  /** An event that is there already counts on, as upstream's recorders do it. */
  async #write({ service, reason, message }: Complaint, key: string, time: string, signal: AbortSignal): Promise<void> {
    const { name, namespace, uid } = service.metadata;
    const path = `/api/v1/namespaces/${namespace}/events`;
    const event = `${name}.${createHash("sha256").update(key).digest("hex").slice(0, 16)}`;
    try {
      const body = {
        apiVersion: "v1",
        kind: "Event",
        metadata: { name: event, namespace },
        involvedObject: { apiVersion: "v1", kind: "Service", name, namespace, uid },
        type: "Warning",
        reason,
        message,
        source: { component: "sandkube-service-relay", host: this.#nodeName },
        firstTimestamp: time,
        lastTimestamp: time,
        count: 1,
      };
      await this.#client.text(path, { method: "POST", body, signal });
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 409)) throw error;
      const body = { lastTimestamp: time };
      const contentType = "application/merge-patch+json";
      await this.#client.text(`${path}/${event}`, { method: "PATCH", body, contentType, signal });
    }
  }
}

function keyOf({ service, reason, message }: Complaint): string {
  return `${service.metadata.uid} ${reason} ${message}`;
}
