import { judge, proved, type Check } from "../check.ts";
import type { ApiManifest } from "../cluster-view.ts";

/** Lets nothing into any pod, were it enforced. */
function denyAll(name: string): ApiManifest {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name },
    spec: { podSelector: {}, policyTypes: ["Ingress"] },
  };
}

interface PolicyEvent {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

/** `network-policy-warning` */
export const networkPolicyWarning: Check = {
  id: "network-policy-warning",
  claim: "Whoever makes a NetworkPolicy is warned at once that it is not enforced",
  scope: "cluster",
  async run(cluster) {
    const words = ["create", "--dry-run=server", "-f", "-"];
    const input = JSON.stringify(denyAll("warned-of"));
    const warning = await cluster.holds("the API server to warn", async () => {
      const { stderr } = await cluster.kubectl(words, { input });
      const line = stderr.split("\n").find((said) => said.startsWith("Warning:") && said.includes("does not enforce"));
      return line === undefined ? { ok: false, because: stderr } : { ok: true, value: line };
    });
    return proved(`kubectl prints: ${warning}`);
  },
};

/** `network-policy` */
export const networkPolicy: Check = {
  id: "network-policy",
  claim: "A NetworkPolicy, which is not enforced, is refused by one event on it that says so",
  scope: "containers",
  async run(cluster) {
    const policy = await cluster.create<{ metadata: { uid: string } }>(denyAll("deny-all"));
    const events = `${cluster.path("events")}?fieldSelector=involvedObject.uid=${policy.metadata.uid}`;
    const found = await cluster.holds(
      "the event to be there",
      async () => {
        const { items } = await cluster.read<{ items: readonly PolicyEvent[] }>(events);
        cluster.exhibit(
          `GET ${events}`,
          items.map(({ type, reason, message }) => `${type} ${reason}: ${message}`).join("\n"),
        );
        return items.length === 0 ? { ok: false, because: "there is no event on it" } : { ok: true, value: items };
      },
      30,
    );
    // As a user comes by it. `kubectl describe` shows no events of a NetworkPolicy
    // (https://github.com/kubernetes/kubectl/blob/v0.36.3/pkg/describe/describe.go#L4369).
    const { stdout } = await cluster.kubectl(["events", "--for", "networkpolicy/deny-all"]);
    await cluster.remove(cluster.path("networkpolicies", "deny-all"));
    const [event] = found;
    return judge(
      found.length === 1 &&
        event?.type === "Warning" &&
        event.reason === "NotEnforced" &&
        stdout.includes(event.message),
      `${String(found.length)} event: ${event?.type ?? ""} ${event?.reason ?? ""}: ${event?.message ?? ""}`,
    );
  },
};
