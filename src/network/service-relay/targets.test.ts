import { describe, expect, it } from "vitest";
import type { Endpoint, EndpointSlice, ServicePort } from "./service-objects.ts";
import { targetsOf } from "./targets.ts";

const http: ServicePort = { name: "http", port: 80 };

function slice(
  endpoints: readonly Endpoint[],
  change: Partial<EndpointSlice> = {},
  ports: EndpointSlice["ports"] = [{ name: "http", protocol: "TCP", port: 8080 }],
): EndpointSlice {
  return { metadata: { name: "s", namespace: "default" }, addressType: "IPv4", endpoints, ports, ...change };
}

function addresses(slices: readonly EndpointSlice[], port = http, policy: "Cluster" | "Local" = "Cluster"): string[] {
  return targetsOf(port, slices, policy, "here").map(({ address, port: number }) => `${address}:${String(number)}`);
}

const ready = (address: string, more: Partial<Endpoint> = {}): Endpoint => ({ addresses: [address], ...more });
const ending = { ready: false, serving: true, terminating: true };

describe("targetsOf", () => {
  it("takes ready endpoints of all slices once each, sorted, with the slice's own port", () => {
    const slices = [
      slice([ready("10.0.0.2"), ready("10.0.0.1")]),
      slice([ready("10.0.0.1"), ready("10.0.0.3")], {}, [{ name: "http", protocol: "TCP", port: 9090 }]),
    ];
    expect(addresses(slices)).toEqual(["10.0.0.1:8080", "10.0.0.1:9090", "10.0.0.2:8080", "10.0.0.3:9090"]);
    expect(addresses([slice([ready("10.0.0.1")]), slice([ready("10.0.0.1")])])).toEqual(["10.0.0.1:8080"]);
  });

  it.each<[string, Endpoint["conditions"], boolean]>([
    ["nothing said", undefined, true],
    ["nothing known", { ready: null, serving: null, terminating: null }, true],
    ["ready", { ready: true, serving: true, terminating: false }, true],
    ["ready though ending, as publishNotReadyAddresses makes it", { ready: true, terminating: true }, true],
    ["not ready", { ready: false, serving: false, terminating: false }, false],
    ["serving but not ready and not ending", { ready: false, serving: true, terminating: false }, false],
    ["ending and not serving", { ready: false, serving: false, terminating: true }, false],
    ["ending, and whether it serves is not known", { ready: false, terminating: true }, false],
    ["ending and serving", ending, true],
  ])("%s", (_title, conditions, isTaken) => {
    const endpoint = conditions === undefined ? ready("10.0.0.1") : ready("10.0.0.1", { conditions });
    expect(addresses([slice([endpoint])])).toEqual(isTaken ? ["10.0.0.1:8080"] : []);
  });

  it("falls back to endpoints that end but serve only where none is ready", () => {
    const old = ready("10.0.0.1", { conditions: ending });
    expect(addresses([slice([old, ready("10.0.0.2")])])).toEqual(["10.0.0.2:8080"]);
    expect(addresses([slice([old]), slice([ready("10.0.0.2", { conditions: { ready: false } })])])).toEqual([
      "10.0.0.1:8080",
    ]);
  });

  it("with Local takes this node's alone, and falls back within them", () => {
    const slices = [
      slice([
        ready("10.0.0.1", { nodeName: "there" }),
        ready("10.0.0.2", { nodeName: "here", conditions: ending }),
        ready("10.0.0.3"),
      ]),
    ];
    expect(addresses(slices, http, "Local")).toEqual(["10.0.0.2:8080"]);
    expect(addresses(slices)).toEqual(["10.0.0.1:8080", "10.0.0.3:8080"]);
  });

  it("matches ports by name and protocol", () => {
    const slices = [
      slice([ready("10.0.0.1")], {}, [
        { name: "dns", protocol: "UDP", port: 53 },
        { name: "dns-tcp", protocol: "TCP", port: 53 },
        { protocol: "TCP", port: 1 },
        { name: "every", protocol: "TCP", port: null },
      ]),
    ];
    expect(addresses(slices, { name: "dns", protocol: "UDP", port: 53 })).toEqual(["10.0.0.1:53"]);
    expect(addresses(slices, { name: "dns", protocol: "TCP", port: 53 })).toEqual([]);
    expect(addresses(slices, { port: 80 })).toEqual(["10.0.0.1:1"]);
    expect(addresses(slices, { name: "every", port: 80 })).toEqual([]);
  });

  it("knows no IPv6, no names, and slices that hold nothing", () => {
    expect(addresses([slice([ready("fd00::1")], { addressType: "IPv6" })])).toEqual([]);
    expect(addresses([slice([ready("example.org")], { addressType: "FQDN" })])).toEqual([]);
    expect(addresses([slice([], { endpoints: null }), slice([ready("10.0.0.1")], { ports: null })])).toEqual([]);
    expect(addresses([slice([ready("10.0.0.1", { addresses: [] })])])).toEqual([]);
  });
});
