import { ApiError, type ApiClient } from "../../kube/api-client.ts";
import type { LoadBalancerAddresses } from "./load-balancer-addresses.ts";

/** Writes down which address a service of type LoadBalancer has, or that it has none any more. */
export async function writeLoadBalancerStatus(
  changes: LoadBalancerAddresses["statusChanges"],
  client: ApiClient,
  signal: AbortSignal,
): Promise<void> {
  for (const { service, address } of changes) {
    const { namespace, name, uid } = service.metadata;
    // The uid makes it a conflict where a new service has taken the name.
    const body = {
      metadata: { uid },
      status: { loadBalancer: { ingress: address === undefined ? null : [{ ip: address, ipMode: "VIP" }] } },
    };
    const path = `/api/v1/namespaces/${namespace}/services/${name}/status`;
    try {
      await client.text(path, { method: "PATCH", body, contentType: "application/merge-patch+json", signal });
    } catch (error) {
      const isGone = error instanceof ApiError && (error.status === 404 || error.status === 409);
      if (!isGone) throw error;
    }
  }
}
