import { expect, it } from "vitest";
import { policyWarnings, type NetworkPolicy } from "./network-policies.ts";

function policy(name: string, change: Partial<NetworkPolicy["metadata"]> = {}): NetworkPolicy {
  return { metadata: { name, namespace: "shop", uid: `uid-of-${name}`, generation: 1, ...change } };
}

function keys(...policies: readonly NetworkPolicy[]): readonly string[] {
  return policyWarnings(policies).map(({ key }) => key);
}

it("warns of each policy, on the policy, and says what that means", () => {
  const [warning] = policyWarnings([policy("deny-all")]);
  expect(warning).toMatchObject({
    about: { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: { name: "deny-all" } },
    reason: "NotEnforced",
  });
  expect(warning?.message).toMatch(/does not enforce NetworkPolicies.*use a cluster whose network plugin enforces it/);
  // The limit of an event's message (https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/apis/core/validation/events.go).
  expect(warning?.message.length).toBeLessThanOrEqual(1024);
});

it("has one cause for each policy and each change of what it asks for, and for nothing else", () => {
  expect(new Set(keys(policy("a"), policy("b"))).size).toBe(2);
  expect(keys(policy("a", { generation: 2 }))).not.toEqual(keys(policy("a")));
  expect(keys(policy("a", { uid: "of another with its name" }))).not.toEqual(keys(policy("a")));
  expect(keys(policy("a", { resourceVersion: "7" }))).toEqual(keys(policy("a")));
});

it("says nothing of a policy that is being deleted", () => {
  expect(keys(policy("a", { deletionTimestamp: "2026-01-01T00:00:00Z" }))).toEqual([]);
});
