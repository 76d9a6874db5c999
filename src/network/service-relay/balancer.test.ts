import { describe, expect, it } from "vitest";
import { Balancer, targetKey } from "./balancer.ts";
import type { Target } from "./targets.ts";

const targets = [1, 2, 3].map((number): Target => ({ address: `10.0.0.${String(number)}`, port: 80 }));
let now = 0;
const make = (): Balancer => new Balancer(() => now);
const addresses = (balancer: Balancer, clients: readonly string[], among = targets): (string | undefined)[] =>
  clients.map((client) => balancer.choose(() => client, among)?.address);
const times = (count: number, client = "c"): string[] => Array.from({ length: count }, () => client);

describe("Balancer", () => {
  it("takes targets in turn, whoever asks", () => {
    const chosen = addresses(make(), ["a", "a", "b", "c", "b", "a"]);
    expect(chosen).toEqual(["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.1", "10.0.0.2", "10.0.0.3"]);
  });

  it("goes on with other targets when they change", () => {
    const balancer = make();
    addresses(balancer, times(5));
    expect(addresses(balancer, times(3), targets.slice(0, 2)).sort()).toEqual(["10.0.0.1", "10.0.0.1", "10.0.0.2"]);
    expect(addresses(balancer, times(1), [])).toEqual([undefined]);
  });

  it("passes over those that have refused, until none is left", () => {
    const balancer = make();
    const refused = new Set<string>();
    const seen = [];
    for (
      let target = balancer.choose(() => "c", targets);
      target;
      target = balancer.choose(() => "c", targets, refused)
    ) {
      seen.push(target.address);
      refused.add(targetKey(target));
    }
    expect(seen.sort()).toEqual(["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
  });

  it("keeps a client with its target while it comes back in time", () => {
    const balancer = make();
    balancer.affinity = 1000;
    now = 0;
    expect(addresses(balancer, ["a", "b", "a", "a", "b"])).toEqual([
      "10.0.0.1",
      "10.0.0.2",
      "10.0.0.1",
      "10.0.0.1",
      "10.0.0.2",
    ]);
    now = 900;
    expect(addresses(balancer, ["a"])).toEqual(["10.0.0.1"]);
    now = 1800; // a came at 900, b at 0
    expect(addresses(balancer, ["a", "b"])).toEqual(["10.0.0.1", "10.0.0.3"]);
    now = 2800;
    expect(addresses(balancer, ["a"])).not.toEqual(["10.0.0.3"]);
  });

  it("gives a client another target where its own is gone or refuses, and keeps it there", () => {
    const balancer = make();
    balancer.affinity = 1000;
    now = 0;
    addresses(balancer, ["a"]);
    const left = targets.slice(1);
    const [next] = addresses(balancer, ["a"], left);
    expect(left.map(({ address }) => address)).toContain(next);
    expect(addresses(balancer, times(3, "a"), left)).toEqual([next, next, next]);
    const other = balancer.choose(() => "a", left, new Set([`${next ?? ""}:80`]))?.address;
    expect(other).not.toBe(next);
    expect(addresses(balancer, ["a"], left)).toEqual([other]);
  });

  it("forgets clients once affinity is switched off", () => {
    const balancer = make();
    balancer.affinity = 1000;
    addresses(balancer, times(3));
    balancer.affinity = undefined;
    expect(new Set(addresses(balancer, times(3))).size).toBe(3);
  });
});
