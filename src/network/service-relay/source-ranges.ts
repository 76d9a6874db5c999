import { BlockList } from "node:net";

/** Whether a client may connect, by the networks that may. */
export function sourceFilter(ranges: readonly string[] | undefined): (address: string) => boolean {
  if (ranges === undefined) return () => true;
  const allowed = new BlockList();
  for (const range of ranges) {
    const [network = "", length] = range.trim().split("/");
    if (!network.includes(":")) allowed.addSubnet(network, Number(length ?? 32));
  }
  return (address) => allowed.check(address);
}
