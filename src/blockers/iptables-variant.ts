import type { PacketRules } from "../probes/packet-rules.ts";

/** Whether a variant of iptables speaks to nftables. One that fails before it says its version names the protocol. */
export function isNft({ name, version }: PacketRules): boolean {
  return name === "iptables-nft" || /nf_tables|nft|Protocol not supported/.test(version);
}
