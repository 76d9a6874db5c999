import { BlockList, isIP } from "node:net";
import { aroundProxyVariables, bypassOf } from "../contract/around-proxy.ts";
import type { ClusterSpec } from "../contract/cluster-spec.ts";
import type { Host } from "../contract/host.ts";

/**
 * What a user has to do whose own programs would ask a proxy for the API server; undefined: nothing. A kubeconfig
 * cannot say that there is no proxy. Pure.
 */
export function proxyNote(environment: Host["environment"], spec: ClusterSpec): string | undefined {
  const { NO_PROXY: value } = aroundProxyVariables(environment, spec);
  const { bindAddress, advertiseAddress } = spec.api;
  const server = bindAddress === "0.0.0.0" ? advertiseAddress : bindAddress;
  // Go asks no proxy for loopback (https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config.ProxyFunc).
  if (value === undefined || server.startsWith("127.") || isIn(bypassOf(environment), server)) return undefined;
  return `kubectl, helm and other programs of yours would ask this environment's proxy for the API server. Keep them off it: export NO_PROXY=${value} no_proxy=${value}`;
}

/** Whether entries of NO_PROXY name an address, by itself, in a network, or with all others. */
function isIn(bypass: readonly string[], server: string): boolean {
  const networks = new BlockList();
  for (const entry of bypass) {
    const [address = "", length = "32"] = entry.split("/");
    if (isIP(address) === 4 && Number(length) <= 32) networks.addSubnet(address, Number(length));
  }
  return bypass.includes("*") || networks.check(server);
}
