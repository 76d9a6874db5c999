import { networkInterfaces } from "node:os";
import type { Host } from "../../contract/host.ts";
import type { ApiClient } from "../../kube/api-client.ts";
import { watchObjects, type WatchHandlers } from "../../kube/watch-objects.ts";
import { bindComplaints } from "./bind-complaints.ts";
import { ExternalAddresses } from "./external-addresses.ts";
import { HealthChecks } from "./health-checks.ts";
import { ListenerSet, type FailedListener } from "./listener-set.ts";
import { loadBalancerAddresses } from "./load-balancer-addresses.ts";
import { writeLoadBalancerStatus } from "./load-balancer-status.ts";
import { nodePortAddresses } from "./node-port-addresses.ts";
import type { RelaySettings, RelayStatus } from "./relay-settings.ts";
import { ServiceEvents } from "./service-events.ts";
import { nameOf, type EndpointSlice, type Service } from "./service-objects.ts";
import { wantedState, type Complaint } from "./wanted-state.ts";

/** Milliseconds after which what failed is tried again: a port that somebody holds, an API server that is away. */
const retryInterval = 2000;

/**
 * Serves the Services of a cluster on this node, in place of kube-proxy: every
 * address and port of a Service that has endpoints is a socket of this process
 * (docs/adr/0009-service-relay.md).
 */
export class ServiceRelay {
  readonly #settings: RelaySettings;
  readonly #client: ApiClient;
  readonly #host: Host;
  readonly #listeners: ListenerSet;
  readonly #healthChecks = new HealthChecks();
  readonly #events: ServiceEvents;
  readonly #external: ExternalAddresses | undefined;
  readonly #services = new Map<string, Service>();
  readonly #slices = new Map<string, EndpointSlice>();
  readonly #known = { services: false, slices: false };
  #failed: readonly FailedListener[] = [];
  /** Resolves the wait for the next change. */
  #wake: () => void = () => undefined;
  #changed = false;

  constructor(settings: RelaySettings, client: ApiClient, host: Host) {
    this.#settings = settings;
    this.#client = client;
    this.#host = host;
    this.#listeners = new ListenerSet(() => host.clock.monotonic());
    this.#events = new ServiceEvents(client, settings.nodeName);
    this.#external = settings.addresses === undefined ? undefined : new ExternalAddresses(settings.addresses, host);
  }

  /** What is served at the moment. */
  status(): RelayStatus {
    return {
      services: this.#services.size,
      listeners: this.#listeners.size,
      failed: this.#failed.map(({ wanted }) => wanted.key),
      rssBytes: process.memoryUsage.rss(),
    };
  }

  /**
   * Serves until the signal.
   *
   * @param onReady called once, when every service of the start is served
   */
  async run(signal: AbortSignal, onReady: () => Promise<void>): Promise<void> {
    const options = { clock: this.#host.clock, signal };
    const watches = [
      watchObjects(this.#client, "/api/v1/services", this.#handlers("services", this.#services), options),
      watchObjects(
        this.#client,
        "/apis/discovery.k8s.io/v1/endpointslices",
        this.#handlers("slices", this.#slices),
        options,
      ),
    ];
    try {
      await this.#follow(signal, onReady);
    } finally {
      this.#listeners.close();
      this.#healthChecks.close();
      await Promise.all(watches);
    }
  }

  async #follow(signal: AbortSignal, onReady: () => Promise<void>): Promise<void> {
    let isReady = false;
    while (!isAborted(signal)) {
      await this.#nextChange(signal);
      if (isAborted(signal) || !this.#known.services || !this.#known.slices) continue;
      await this.#reconcile(signal).catch((error: unknown) => {
        log(error instanceof Error ? error.message : String(error));
      });
      if (!isReady) {
        isReady = true;
        await onReady();
      }
    }
  }

  /** Makes the sockets what the objects of this moment ask for. */
  async #reconcile(signal: AbortSignal): Promise<void> {
    const { nodeName, nodeAddress, skip, loadBalancerCidr } = this.#settings;
    const balancers = loadBalancerAddresses(this.#services.values(), loadBalancerCidr);
    const addresses = nodePortAddresses(networkInterfaces(), nodeAddress);
    const wanted = wantedState(this.#services.values(), this.#slices.values(), {
      nodeName,
      nodePortAddresses: addresses,
      skip,
      loadBalancers: balancers.addresses,
    });
    await this.#external?.become(wanted.externalAddresses, signal);
    this.#failed = await this.#listeners.become(wanted.listeners);
    const failedChecks = await this.#healthChecks.become(wanted.healthChecks, addresses);
    // The sockets come first: what is said to the API server may wait, and may fail.
    const complaints: Complaint[] = [
      ...wanted.complaints,
      ...balancers.complaints,
      ...(await bindComplaints(this.#failed, failedChecks, this.#client, nodeName, signal)),
    ];
    await this.#events.say(complaints, new Date(this.#host.clock.now()), signal);
    await writeLoadBalancerStatus(balancers.statusChanges, this.#client, signal);
  }

  #handlers<T extends { readonly metadata: { readonly name: string; readonly namespace: string } }>(
    kind: "services" | "slices",
    store: Map<string, T>,
  ): WatchHandlers<T> {
    return {
      replaced: (items) => {
        store.clear();
        for (const item of items) store.set(nameOf(item), item);
        this.#known[kind] = true;
        this.#change();
      },
      changed: (object) => {
        store.set(nameOf(object), object);
        this.#change();
      },
      removed: (object) => {
        store.delete(nameOf(object));
        this.#change();
      },
      trouble: (because) => {
        log(`${kind}: ${because}`);
      },
    };
  }

  #change(): void {
    this.#changed = true;
    this.#wake();
  }

  /** Resolves at the next change or when it is time to try again; changes that came meanwhile are one. */
  async #nextChange(signal: AbortSignal): Promise<void> {
    if (!this.#changed) {
      const timer = new AbortController();
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const pause = this.#host.clock.sleep(retryInterval, AbortSignal.any([signal, timer.signal]));
      await Promise.race([woken, pause.catch(() => undefined)]);
      timer.abort();
    }
    this.#changed = false;
  }
}

/** Standard error is the component's log. */
function log(text: string): void {
  process.stderr.write(`${new Date().toISOString()} ${text}\n`);
}

// A function, because the signal is aborted while others run and TypeScript would take the last look for granted.
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
