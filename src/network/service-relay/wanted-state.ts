import { nameOf, type EndpointSlice, type Service, type ServicePort } from "./service-objects.ts";
import { targetsOf, type Target } from "./targets.ts";

/** The protocols that are relayed. */
export type Protocol = "TCP" | "UDP";

/** A socket that has to listen. It is there only while something can answer. */
export interface WantedListener {
  /** PROTOCOL/ADDRESS:PORT. */
  readonly key: string;
  readonly protocol: Protocol;
  readonly address: string;
  readonly port: number;
  /** The service port that answers; what listens for the same one shares turns and affinity. */
  readonly servicePort: string;
  readonly service: Service;
  readonly targets: readonly Target[];
  /** How long a client stays with its endpoint (seconds); undefined: not at all. */
  readonly affinitySeconds: number | undefined;
  /** The only networks that may connect; undefined: all. */
  readonly sourceRanges: readonly string[] | undefined;
}

/** A port that tells balancers whether this node has endpoints of a service. */
export interface WantedHealthCheck {
  readonly service: Service;
  readonly port: number;
  readonly localEndpoints: number;
}

/** Something that a user has to know about a Service. */
export interface Complaint {
  readonly service: Service;
  readonly reason: string;
  readonly message: string;
}

/** Everything the relay should do now. */
export interface WantedState {
  readonly listeners: ReadonlyMap<string, WantedListener>;
  readonly healthChecks: readonly WantedHealthCheck[];
  /** Addresses that this machine has to have. */
  readonly externalAddresses: readonly string[];
  readonly complaints: readonly Complaint[];
}

/** What of the node decides on the wanted state. */
export interface NodeFacts {
  readonly nodeName: string;
  /** Where node ports are served. */
  readonly nodePortAddresses: readonly string[];
  /** Addresses that somebody else serves. */
  readonly skip: readonly string[];
  /** The addresses of the services of type LoadBalancer, by NAMESPACE/NAME. */
  readonly loadBalancers: ReadonlyMap<string, string>;
}

/** Works out what has to listen, and where connections go. Pure. */
export function wantedState(
  services: Iterable<Service>,
  slices: Iterable<EndpointSlice>,
  node: NodeFacts,
): WantedState {
  const slicesOf = byService(slices);
  const listeners = new Map<string, WantedListener>();
  const healthChecks: WantedHealthCheck[] = [];
  const externalAddresses = new Set<string>();
  const complaints: Complaint[] = [];
  // The older service keeps an address that two ask for.
  const ordered = [...services].filter(isServed).sort(byAge);
  for (const service of ordered) {
    const { spec = {} } = service;
    const own = slicesOf.get(nameOf(service)) ?? [];
    for (const address of spec.externalIPs ?? []) externalAddresses.add(address);
    let localEndpoints = 0;
    for (const port of spec.ports ?? []) {
      if (port.protocol === "SCTP") {
        complaints.push({
          service,
          reason: "ProtocolNotSupported",
          message: `Port ${String(port.port)}/SCTP is not served: sandkube's service relay carries TCP and UDP, not SCTP.`,
        });
        continue;
      }
      const internal = targetsOf(port, own, spec.internalTrafficPolicy ?? "Cluster", node.nodeName);
      const external = targetsOf(port, own, spec.externalTrafficPolicy ?? "Cluster", node.nodeName);
      localEndpoints = Math.max(localEndpoints, external.length);
      for (const { address, port: number, scope, sourceRanges } of placesOf(service, port, node)) {
        const targets = scope === "internal" ? internal : external;
        if (targets.length === 0 || node.skip.includes(address)) continue;
        const protocol = port.protocol ?? "TCP";
        const key = `${protocol}/${address}:${String(number)}`;
        const taken = listeners.get(key);
        if (taken !== undefined) {
          complaints.push({
            service,
            reason: "AddressInUse",
            message: `${address}:${String(number)}/${protocol} is not served: the Service ${nameOf(taken.service)} has it.`,
          });
          continue;
        }
        listeners.set(key, {
          key,
          protocol,
          address,
          port: number,
          servicePort: `${nameOf(service)}:${String(port.port)}/${protocol}`,
          service,
          targets,
          affinitySeconds: affinityOf(service),
          sourceRanges,
        });
      }
    }
    if (spec.healthCheckNodePort) {
      healthChecks.push({ service, port: spec.healthCheckNodePort, localEndpoints });
    }
  }
  return { listeners, healthChecks, externalAddresses: [...externalAddresses].sort(), complaints };
}

interface Place {
  readonly address: string;
  readonly port: number;
  readonly scope: "internal" | "external";
  readonly sourceRanges: readonly string[] | undefined;
}

/** Every address and port at which a service port answers. */
function placesOf(service: Service, port: ServicePort, node: NodeFacts): readonly Place[] {
  const { spec = {} } = service;
  const places: Place[] = [];
  const add = (address: string, number: number, scope: Place["scope"], sourceRanges?: readonly string[]): void => {
    // IPv6 has no way to a pod here.
    if (!address.includes(":")) places.push({ address, port: number, scope, sourceRanges });
  };
  for (const address of new Set(spec.clusterIPs ?? [spec.clusterIP ?? ""])) add(address, port.port, "internal");
  for (const address of new Set(spec.externalIPs ?? [])) add(address, port.port, "external");
  const balancer = node.loadBalancers.get(nameOf(service));
  if (balancer !== undefined) {
    const ranges = spec.loadBalancerSourceRanges ?? [];
    add(balancer, port.port, "external", ranges.length === 0 ? undefined : ranges);
  }
  if (port.nodePort && spec.type !== "ClusterIP") {
    for (const address of node.nodePortAddresses) add(address, port.nodePort, "external");
  }
  return places;
}

/**
 * Headless services and names of elsewhere have nothing to listen on; a service
 * with this label belongs to another proxy
 * (https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/proxy/apis/well_known_labels.go).
 */
function isServed({ metadata, spec }: Service): boolean {
  const address = spec?.clusterIP ?? "";
  return (
    spec?.type !== "ExternalName" &&
    address !== "" &&
    address !== "None" &&
    metadata.labels?.["service.kubernetes.io/service-proxy-name"] === undefined
  );
}

function affinityOf({ spec }: Service): number | undefined {
  if (spec?.sessionAffinity !== "ClientIP") return undefined;
  return spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800; // upstream's default, three hours
}

/** Older first; of the same age by name. */
export function byAge(a: Service, b: Service): number {
  const [first, second] = [a, b].map((service) => `${service.metadata.creationTimestamp ?? ""} ${nameOf(service)}`);
  return (first ?? "") < (second ?? "") ? -1 : 1;
}

function byService(slices: Iterable<EndpointSlice>): ReadonlyMap<string, readonly EndpointSlice[]> {
  const found = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const name = slice.metadata.labels?.["kubernetes.io/service-name"];
    if (name === undefined) continue;
    const service = `${slice.metadata.namespace}/${name}`;
    const own = found.get(service);
    if (own === undefined) found.set(service, [slice]);
    else own.push(slice);
  }
  return found;
}
