import { describe, expect, it } from "vitest";
import { loadBalancerAddresses } from "./load-balancer-addresses.ts";
import type { Service } from "./service-objects.ts";

const pool = "10.245.0.0/29"; // six addresses

function service(name: string, change: Partial<NonNullable<Service["spec"]>> = {}, ...said: string[]): Service {
  return {
    metadata: { name, namespace: "default", uid: name },
    spec: { type: "LoadBalancer", clusterIP: "10.96.0.1", ...change },
    status: { loadBalancer: { ingress: said.map((ip) => ({ ip })) } },
  };
}

const given = (services: readonly Service[]): Record<string, string> =>
  Object.fromEntries(loadBalancerAddresses(services, pool).addresses);
const changes = (services: readonly Service[]): (string | undefined)[][] =>
  loadBalancerAddresses(services, pool).statusChanges.map(({ service: { metadata }, address }) => [
    metadata.name,
    address,
  ]);

describe("loadBalancerAddresses", () => {
  it("gives the lowest free address, and keeps what a status names", () => {
    const services = [service("a"), service("b", {}, "10.245.0.1"), service("c")];
    expect(given(services)).toEqual({
      "default/a": "10.245.0.2",
      "default/b": "10.245.0.1",
      "default/c": "10.245.0.3",
    });
    expect(changes(services)).toEqual([
      ["a", "10.245.0.2"],
      ["c", "10.245.0.3"],
    ]);
  });

  it("of two that name the same address the younger gets another", () => {
    expect(given([service("a", {}, "10.245.0.1"), service("b", {}, "10.245.0.1")])).toEqual({
      "default/a": "10.245.0.1",
      "default/b": "10.245.0.2",
    });
  });

  it("gives what is asked for where it can, and says why not where it cannot", () => {
    const services = [
      service("a", { loadBalancerIP: "10.245.0.5" }, "10.245.0.1"),
      service("b", { loadBalancerIP: "10.245.0.5" }),
      service("c", { loadBalancerIP: "192.0.2.1" }),
    ];
    const { addresses, complaints } = loadBalancerAddresses(services, pool);
    expect(Object.fromEntries(addresses)).toEqual({ "default/a": "10.245.0.5" });
    expect(complaints.map(({ message }) => message)).toEqual([
      "loadBalancerIP 10.245.0.5 cannot be given: another Service has it.",
      `loadBalancerIP 192.0.2.1 cannot be given: it is not in ${pool}.`,
    ]);
  });

  it("says when the pool is empty", () => {
    const services = Array.from({ length: 7 }, (_, index) => service(`s${String(index)}`));
    const { addresses, complaints } = loadBalancerAddresses(services, pool);
    expect([...addresses.values()]).toEqual([1, 2, 3, 4, 5, 6].map((number) => `10.245.0.${String(number)}`));
    expect(complaints).toMatchObject([{ service: services[6], message: `Every address of ${pool} is in use.` }]);
  });

  it("takes its address back from a service that is no balancer any more, and leaves those of others alone", () => {
    expect(changes([service("a", { type: "ClusterIP" }, "10.245.0.1")])).toEqual([["a", undefined]]);
    expect(changes([service("a", { loadBalancerClass: "example.org/other" }, "192.0.2.1")])).toEqual([]);
    expect(given([service("a", { loadBalancerClass: "example.org/other" })])).toEqual({});
  });
});
