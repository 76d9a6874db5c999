import { ApiError, type ApiClient } from "./api-client.ts";
import { applyObject, type AppliedObject } from "./apply-object.ts";
import { ensureNamespace } from "./ensure-namespace.ts";
import { grantRights } from "./grant-rights.ts";

/** Where the cluster's DNS is. */
export interface DnsServiceOptions {
  /** The service's fixed address, on which the server itself listens. */
  readonly clusterIp: string;
  /** A further address on which it listens; undefined: there is none that an EndpointSlice may name. */
  readonly endpoint: string | undefined;
}

const serviceName = "kube-dns";
const namespace = "kube-system";
const ports = [
  { name: "dns", protocol: "UDP", port: 53 },
  { name: "dns-tcp", protocol: "TCP", port: 53 },
];

/** Lets a DNS server read what it serves: nothing but services, their endpoints, and the names of namespaces. */
export async function grantDnsAccess(client: ApiClient, user: string, signal: AbortSignal): Promise<void> {
  const verbs = ["list", "watch"];
  await grantRights(
    client,
    user,
    [
      { apiGroups: [""], resources: ["services", "namespaces"], verbs },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs },
    ],
    signal,
  );
}

/**
 * The service kube-system/kube-dns, as every cluster has it. The server listens
 * on the service's address itself, so no proxy has to carry it there, and the
 * label that Kubernetes has for the purpose tells proxies to keep away
 * (https://kubernetes.io/docs/reference/labels-annotations-taints/#servicekubernetesioservice-proxy-name).
 */
export async function publishDnsService(
  client: ApiClient,
  { clusterIp, endpoint }: DnsServiceOptions,
  signal: AbortSignal,
): Promise<void> {
  await ensureNamespace(client, namespace, signal);
  const services = `/api/v1/namespaces/${namespace}/services`;
  const service: AppliedObject = {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: serviceName,
      namespace,
      labels: {
        "k8s-app": serviceName,
        "kubernetes.io/cluster-service": "true",
        "kubernetes.io/name": "CoreDNS",
        "service.kubernetes.io/service-proxy-name": "coredns",
      },
    },
    spec: { clusterIP: clusterIp, ports },
  };
  await applyObject(client, services, service, signal).catch(async (error: unknown) => {
    // A kept cluster was given another range; a service's address cannot be changed.
    if (!(error instanceof ApiError && error.status === 422)) throw error;
    await client.text(`${services}/${serviceName}`, { method: "DELETE", signal });
    await applyObject(client, services, service, signal);
  });
  if (endpoint === undefined) return;
  await applyObject(
    client,
    `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        name: serviceName,
        namespace,
        labels: {
          "kubernetes.io/service-name": serviceName,
          "endpointslice.kubernetes.io/managed-by": "sandkube.dev",
        },
      },
      addressType: "IPv4",
      endpoints: [{ addresses: [endpoint], conditions: { ready: true } }],
      ports,
    },
    signal,
  );
}
