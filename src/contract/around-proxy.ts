import { addressIn } from "./address-range.ts";
import type { ClusterSpec } from "./cluster-spec.ts";
import type { Host } from "./host.ts";

/** What of a cluster says where it is. */
export type Whereabouts = Pick<ClusterSpec, "api" | "network">;

const forms = ["no_proxy", "NO_PROXY"] as const;
const proxies = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

/** What an environment says is reached without a proxy. Pure. */
export function bypassOf(environment: Host["environment"]): readonly string[] {
  const form = forms.find((name) => (environment[name] ?? "").trim() !== "");
  return (environment[form ?? ""] ?? "").split(/[\s,]+/).filter((entry) => entry !== "");
}

/** The value of NO_PROXY that also keeps a cluster's own addresses and names off the proxy. Pure. */
export function aroundProxy({ api, network }: Whereabouts, bypass: readonly string[]): string {
  const { podCidr, serviceCidr, loadBalancerCidr, nodeAddress } = network;
  return [
    ...new Set([
      ...bypass,
      ...["localhost", "127.0.0.1", "::1"],
      // Addresses by themselves, too: wget and Java know names and addresses, and no networks.
      ...[api.advertiseAddress, nodeAddress, addressIn(serviceCidr, 1)],
      ...[podCidr, serviceCidr, loadBalancerCidr],
      ...["kubernetes", "kubernetes.default", ".svc", ".cluster.local"],
    ]),
  ].join();
}

/** The variables that keep a program off the proxy of an environment where a cluster is meant; none without a proxy. Pure. */
export function aroundProxyVariables(
  environment: Host["environment"],
  where: Whereabouts,
): Readonly<Record<string, string>> {
  if (!proxies.some((name) => (environment[name] ?? "") !== "")) return {};
  const value = aroundProxy(where, bypassOf(environment));
  return Object.fromEntries(forms.map((name) => [name, value]));
}
