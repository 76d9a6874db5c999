import type { ClusterSpec } from "../contract/cluster-spec.ts";
import type { Host } from "../contract/host.ts";
import type { ApiAccess } from "../components/api-access.ts";
import { waitUntil } from "../host/wait-until.ts";
import type { ApiClient } from "../kube/api-client.ts";
import { applyObject } from "../kube/apply-object.ts";
import type { SupervisedTask } from "../supervisor/supervisor.ts";

const name = "pods-share-the-machine-network.sandkube.dev";
const group = "admissionregistration.k8s.io";
const apiVersion = `${group}/v1`;

/**
 * Gives every new pod the machine's network, in the pod itself: whoever reads it, the scheduler first, sees what runs.
 * Ports become host ports by defaults that are set anew after the change
 * (https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/mutating/dispatcher.go#L274).
 */
export const hostNetworkObjects = [
  {
    path: `/apis/${apiVersion}/mutatingadmissionpolicies`,
    object: {
      apiVersion,
      kind: "MutatingAdmissionPolicy",
      metadata: { name },
      spec: {
        failurePolicy: "Fail",
        reinvocationPolicy: "IfNeeded",
        matchConstraints: {
          resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
        },
        matchConditions: [
          { name: "has-no-network-of-the-machine", expression: "!object.spec.?hostNetwork.orValue(false)" },
        ],
        mutations: [
          {
            patchType: "ApplyConfiguration",
            applyConfiguration: {
              // Without the policy of its own, a pod on the machine's network is not told of the cluster's DNS.
              expression: `Object{spec: Object.spec{
  hostNetwork: true,
  dnsPolicy: object.spec.?dnsPolicy.orValue("ClusterFirst") == "ClusterFirst" ? "ClusterFirstWithHostNet" : object.spec.dnsPolicy
}}`,
            },
          },
        ],
      },
    },
  },
  {
    path: `/apis/${apiVersion}/mutatingadmissionpolicybindings`,
    object: {
      apiVersion,
      kind: "MutatingAdmissionPolicyBinding",
      metadata: { name },
      spec: { policyName: name },
    },
  },
] as const;

/** Milliseconds until the API server has to have taken notice of the policy; a tenth of a second is usual. */
const noticeTimeout = 60_000;

/** Has every pod share the machine's network; done when a pod that is created does. */
export function hostNetworkTasks(spec: ClusterSpec, host: Host, api: ApiAccess): readonly SupervisedTask[] {
  return [
    {
      name: "host network",
      after: ["kube-apiserver"],
      run: async (signal) => {
        const client = await api.client(spec);
        for (const { path, object } of hostNetworkObjects) await applyObject(client, path, object, signal);
        await waitUntil(() => isInForce(client, signal), {
          clock: host.clock,
          what: "the API server to give pods the machine's network",
          timeout: noticeTimeout,
          interval: 100,
          signal,
        });
      },
    },
  ];
}

/** Asks what would become of a pod. In kube-system, which is there first; nothing is created. */
async function isInForce(
  client: ApiClient,
  signal: AbortSignal,
): Promise<{ readonly ok: true } | { readonly ok: false; readonly because: string }> {
  const body = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "host-network-trial" },
    spec: { containers: [{ name: "main", image: "none" }] },
  };
  try {
    const path = "/api/v1/namespaces/kube-system/pods?dryRun=All";
    const pod = await client.json<{ spec: { hostNetwork?: boolean } }>(path, { method: "POST", body, signal });
    return pod.spec.hostNetwork === true ? { ok: true } : { ok: false, because: "pods keep a network of their own" };
  } catch (error) {
    signal.throwIfAborted();
    // The service account of the namespace may not be there yet.
    return { ok: false, because: error instanceof Error ? error.message : String(error) };
  }
}
