import type { ApiClient } from "./api-client.ts";
import { applyObject } from "./apply-object.ts";

/** What a policy that nobody enforces means, and what to do. */
export const policyNotEnforced =
  "sandkube does not enforce NetworkPolicies: pods reach each other, the node and the outside as if this one were not there. " +
  "Do not count on it to isolate anything; to see it at work, use a cluster whose network plugin enforces it.";

const group = "admissionregistration.k8s.io";

/** The name of the ValidatingAdmissionPolicy and of its binding. */
const name = "sandkube-network-policy";

/**
 * Has the API server warn whoever makes or changes a NetworkPolicy, in every mode
 * and at once; kubectl and helm print it
 * (https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/#validation-actions).
 *
 * @throws ApiError where the API server refuses the objects
 */
export async function warnOfNetworkPolicies(client: Pick<ApiClient, "text">, signal: AbortSignal): Promise<void> {
  const resourceRules = [
    {
      apiGroups: ["networking.k8s.io"],
      apiVersions: ["*"],
      operations: ["CREATE", "UPDATE"],
      resources: ["networkpolicies"],
    },
  ];
  const apiVersion = `${group}/v1`;
  await applyObject(
    client,
    `/apis/${apiVersion}/validatingadmissionpolicies`,
    {
      apiVersion,
      kind: "ValidatingAdmissionPolicy",
      metadata: { name },
      // It only warns, so it must not be what stops a policy where it cannot be evaluated.
      spec: {
        failurePolicy: "Ignore",
        matchConstraints: { resourceRules },
        validations: [{ expression: "false", message: policyNotEnforced }],
      },
    },
    signal,
  );
  await applyObject(
    client,
    `/apis/${apiVersion}/validatingadmissionpolicybindings`,
    {
      apiVersion,
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { name },
      spec: { policyName: name, validationActions: ["Warn"] },
    },
    signal,
  );
}
