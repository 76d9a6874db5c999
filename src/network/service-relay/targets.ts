import type { Endpoint, EndpointSlice, ServicePort, TrafficPolicy } from "./service-objects.ts";

/** Where a connection may be sent. */
export interface Target {
  readonly address: string;
  readonly port: number;
}

/**
 * The targets of a service port, as kube-proxy chooses them: the ready endpoints;
 * where there is none, those that end but still serve. `Local` looks only at the
 * endpoints of this node. Sorted, without duplicates.
 * (https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/proxy/topology.go#L41)
 */
export function targetsOf(
  port: ServicePort,
  slices: readonly EndpointSlice[],
  policy: TrafficPolicy,
  nodeName: string,
): readonly Target[] {
  const ready = new Map<string, Target>();
  const ending = new Map<string, Target>();
  for (const slice of slices) {
    // Pods have IPv4 addresses only here; a name is no address.
    if (slice.addressType !== "IPv4") continue;
    for (const { name = "", protocol = "TCP", port: number } of slice.ports ?? []) {
      // No number means "every port", which only means something to those that know the pods.
      if (name !== (port.name ?? "") || protocol !== (port.protocol ?? "TCP") || !number) continue;
      for (const endpoint of slice.endpoints ?? []) {
        if (policy === "Local" && endpoint.nodeName !== nodeName) continue;
        const kind = stateOf(endpoint);
        // All addresses of an endpoint are the same pod: consumers use the first
        // (https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/api/discovery/v1/types.go).
        const [address] = endpoint.addresses;
        if (kind === "none" || address === undefined) continue;
        (kind === "ready" ? ready : ending).set(`${address}:${String(number)}`, { address, port: number });
      }
    }
  }
  const chosen = ready.size > 0 ? ready : ending;
  return [...chosen].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, target]) => target);
}

/** An unknown `ready` counts as ready, an unknown `serving` as `ready` says, an unknown `terminating` as no. */
function stateOf({ conditions = {} }: Endpoint): "ready" | "ending" | "none" {
  const ready = conditions.ready ?? true;
  if (ready) return "ready";
  const serving = conditions.serving ?? ready;
  return serving && (conditions.terminating ?? false) ? "ending" : "none";
}
