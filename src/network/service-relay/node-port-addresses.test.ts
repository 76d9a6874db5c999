import type { NetworkInterfaceInfo } from "node:os";
import { expect, it } from "vitest";
import { nodePortAddresses } from "./node-port-addresses.ts";

function info(address: string, internal = false): NetworkInterfaceInfo {
  const family = address.includes(":") ? { family: "IPv6" as const, scopeid: 0 } : { family: "IPv4" as const };
  return { address, internal, netmask: "", mac: "", cidr: null, ...family };
}

it("serves node ports where this machine is reached, not where services and other clusters' nodes are", () => {
  const services = [info("10.96.0.0", true), info("10.245.0.0", true)];
  const nodes = [info("10.244.0.1", true), info("10.244.1.1", true)];
  const interfaces = {
    lo: [info("127.0.0.1", true), info("::1", true), ...services, ...nodes],
    eth0: [info("10.199.0.6"), info("fe80::1")],
    "sk0-11111111": [info("10.244.0.1")],
    "sk0-22222222": [info("10.244.0.1")],
    "sk1-33333333": [info("10.244.1.1")],
    none: undefined,
  };
  expect(nodePortAddresses(interfaces, "10.244.0.1")).toEqual(["127.0.0.1", "10.244.0.1", "10.199.0.6"]);
});
