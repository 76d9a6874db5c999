import { networkInterfaces } from "node:os";
import { isAborted } from "../../contract/is-aborted.ts";
import type { Host } from "../../contract/host.ts";
import type { ApiClient } from "../../kube/api-client.ts";
import { watchObjects } from "../../kube/watch-objects.ts";
import { bindComplaints } from "./bind-complaints.ts";
import { Changes } from "../../kube/changes.ts";
import { ExternalAddresses } from "./external-addresses.ts";
import { FollowedObjects } from "../../kube/followed-objects.ts";
import { HealthChecks } from "./health-checks.ts";
import { ListenerSet, type FailedListener } from "./listener-set.ts";
import { loadBalancerAddresses } from "./load-balancer-addresses.ts";
import { writeLoadBalancerStatus } from "./load-balancer-status.ts";
import { log } from "./log.ts";
import { nodePortAddresses } from "./node-port-addresses.ts";
import { relayComponent, type RelaySettings, type RelayStatus } from "./relay-settings.ts";
import type { EndpointSlice, Service } from "./service-objects.ts";
import { WarningEvents, type Warning } from "../../kube/warning-events.ts";
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
  readonly #events: WarningEvents;
  readonly #external: ExternalAddresses | undefined;
  readonly #changes: Changes;
  readonly #services: FollowedObjects<Service>;
  readonly #slices: FollowedObjects<EndpointSlice>;
  #failed: readonly FailedListener[] = [];

  constructor(settings: RelaySettings, client: ApiClient, host: Host) {
    this.#settings = settings;
    this.#client = client;
    this.#host = host;
    this.#listeners = new ListenerSet(() => host.clock.monotonic());
    this.#events = new WarningEvents(client, { component: relayComponent, host: settings.nodeName }, host.clock);
    this.#external = settings.addresses === undefined ? undefined : new ExternalAddresses(settings.addresses, host);
    this.#changes = new Changes(host.clock);
    const tell = (): void => {
      this.#changes.tell();
    };
    this.#services = new FollowedObjects(tell, (because) => {
      log(`services: ${because}`);
    });
    this.#slices = new FollowedObjects(tell, (because) => {
      log(`slices: ${because}`);
    });
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
      watchObjects(this.#client, "/api/v1/services", this.#services, options),
      watchObjects(this.#client, "/apis/discovery.k8s.io/v1/endpointslices", this.#slices, options),
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
      await this.#changes.next(retryInterval, signal);
      if (isAborted(signal) || !this.#services.isKnown || !this.#slices.isKnown) continue;
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
    await this.#events.say(complaints.map(warningOf), signal);
    await writeLoadBalancerStatus(balancers.statusChanges, this.#client, signal);
  }
}

/** One event for each thing that is said of a Service. */
function warningOf({ service: { metadata }, reason, message }: Complaint): Warning {
  return {
    about: { apiVersion: "v1", kind: "Service", metadata },
    reason,
    message,
    key: `${metadata.uid} ${reason} ${message}`,
  };
}
