import { describe, expect, it } from "vitest";
import { chooseSubnet, usedNetworks } from "./subnet.ts";

describe("chooseSubnet", () => {
  it("takes the first /30 on a machine that uses none", () => {
    expect(chooseSubnet(["192.0.2.0/24", "127.0.0.0/8"])).toEqual({
      cidr: "10.199.0.0/30",
      hostAddress: "10.199.0.1",
      sandboxAddress: "10.199.0.2",
    });
  });

  it("leaves out what overlaps: an address, a larger network, a smaller one", () => {
    expect(chooseSubnet(["10.199.0.2"])?.cidr).toBe("10.199.0.4/30");
    expect(chooseSubnet(["10.199.0.0/24"])?.cidr).toBe("10.199.1.0/30");
    expect(chooseSubnet(["10.199.0.1/30", "10.199.0.4/31", "10.199.0.11/32"])?.cidr).toBe("10.199.0.12/30");
  });

  it("reads a network by its prefix, not by the address it is written with", () => {
    expect(chooseSubnet(["10.199.3.77/16"])).toBeUndefined();
  });

  it("says so when all are taken", () => {
    expect(chooseSubnet(["10.0.0.0/8"])).toBeUndefined();
    expect(chooseSubnet(["0.0.0.0/1"])).toBeUndefined();
  });

  it("passes over what is no IPv4 network", () => {
    expect(chooseSubnet(["default", "fe80::1/64", ""])?.cidr).toBe("10.199.0.0/30");
  });
});

describe("usedNetworks", () => {
  it("reads ip's JSON and leaves out the default route", () => {
    const addresses = [{ ifname: "eth0", addr_info: [{ family: "inet", local: "10.199.0.1", prefixlen: 30 }] }, {}];
    const routes = [{ dst: "default" }, { dst: "172.17.0.0/16" }, { type: "local", dst: "127.0.0.1" }];
    expect(usedNetworks(addresses, routes)).toEqual(["10.199.0.1/30", "172.17.0.0/16", "127.0.0.1"]);
  });

  it("finds nothing in what it does not know", () => {
    expect(usedNetworks(undefined, "x")).toEqual([]);
  });
});
