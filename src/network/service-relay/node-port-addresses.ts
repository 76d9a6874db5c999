import type { NetworkInterfaceInfo } from "node:os";

/**
 * The addresses that serve node ports: every IPv4 address of this machine, as
 * with kube-proxy, but for those on lo that are not this node's own: services
 * and other clusters' nodes have theirs there. Pure.
 */
export function nodePortAddresses(
  interfaces: NodeJS.Dict<readonly NetworkInterfaceInfo[]>,
  nodeAddress: string,
): readonly string[] {
  const all = Object.values(interfaces).flatMap((addresses = []) =>
    addresses.filter(({ family }) => family === "IPv4"),
  );
  const onLoopback = new Set(all.flatMap(({ internal, address }) => (internal ? [address] : [])));
  // A node's address is on lo, and again on its end of every pod's link.
  const elsewhere = all.map(({ address }) => address).filter((address) => !onLoopback.has(address));
  return [...new Set(["127.0.0.1", nodeAddress, ...elsewhere])];
}
