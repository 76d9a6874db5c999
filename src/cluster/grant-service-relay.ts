import type { ApiClient } from "../kube/api-client.ts";
import { grantRights } from "../kube/grant-rights.ts";
import { serviceRelayName } from "../pki/cluster-pki.ts";

/** Gives the service relay the rights of system:node-proxier, those to say what it did, and those to see policies. */
export async function grantServiceRelay(client: Pick<ApiClient, "text">, signal: AbortSignal): Promise<void> {
  await grantRights(
    client,
    serviceRelayName,
    [
      { apiGroups: [""], resources: ["services"], verbs: ["get", "list", "watch"] },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["get", "list", "watch"] },
      { apiGroups: [""], resources: ["services/status"], verbs: ["patch"] },
      { apiGroups: [""], resources: ["events"], verbs: ["create", "patch"] },
      // To name the pod that holds a service's port.
      { apiGroups: [""], resources: ["pods"], verbs: ["list"] },
      // To say of each that it is not enforced.
      { apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], verbs: ["list", "watch"] },
    ],
    signal,
  );
}
