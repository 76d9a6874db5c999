/** The parts of a Service that its relay uses (https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/). */
export interface Service {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly resourceVersion?: string;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: {
    readonly type?: "ClusterIP" | "NodePort" | "LoadBalancer" | "ExternalName";
    readonly clusterIP?: string;
    readonly clusterIPs?: readonly string[];
    readonly ports?: readonly ServicePort[];
    readonly externalIPs?: readonly string[];
    readonly sessionAffinity?: "None" | "ClientIP";
    readonly sessionAffinityConfig?: { readonly clientIP?: { readonly timeoutSeconds?: number } };
    readonly internalTrafficPolicy?: TrafficPolicy;
    readonly externalTrafficPolicy?: TrafficPolicy;
    readonly healthCheckNodePort?: number;
    readonly loadBalancerIP?: string;
    readonly loadBalancerClass?: string;
    readonly loadBalancerSourceRanges?: readonly string[];
  };
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string; readonly ipMode?: string }[] };
  };
}

/** Whether endpoints of other nodes may answer. */
export type TrafficPolicy = "Cluster" | "Local";

/** One port of a Service. */
export interface ServicePort {
  readonly name?: string;
  readonly protocol?: "TCP" | "UDP" | "SCTP";
  readonly port: number;
  readonly nodePort?: number;
}

/** The parts of an EndpointSlice that the relay uses (https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoint-slice-v1/). */
export interface EndpointSlice {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly addressType: "IPv4" | "IPv6" | "FQDN";
  readonly endpoints?: readonly Endpoint[] | null;
  readonly ports?:
    readonly { readonly name?: string; readonly protocol?: string; readonly port?: number | null }[] | null;
}

/** One endpoint of a slice. */
export interface Endpoint {
  readonly addresses: readonly string[];
  readonly nodeName?: string;
  readonly conditions?: {
    readonly ready?: boolean | null;
    readonly serving?: boolean | null;
    readonly terminating?: boolean | null;
  };
}

/** NAMESPACE/NAME of an object. */
export function nameOf({
  metadata,
}: {
  readonly metadata: { readonly name: string; readonly namespace: string };
}): string {
  return `${metadata.namespace}/${metadata.name}`;
}
