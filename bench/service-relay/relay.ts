import { createInterface } from "node:readline";
import { ListenerSet } from "../../src/network/service-relay/listener-set.ts";
import type { EndpointSlice, Service } from "../../src/network/service-relay/service-objects.ts";
import { wantedState, type WantedState } from "../../src/network/service-relay/wanted-state.ts";
import { port, serverAddress } from "./network.ts";

const count = 1000;

/** The relay with 1,000 services of 3 endpoints; the first one's are the bench's server. */
export async function runRelay(): Promise<void> {
  const listeners = new ListenerSet(() => performance.now());
  const services = Array.from({ length: count }, (_, index): Service => {
    const clusterIP = `10.96.${String(1 + Math.floor(index / 250))}.${String(1 + (index % 250))}`;
    return {
      metadata: { name: `s${String(index)}`, namespace: "default", uid: String(index) },
      spec: { type: "ClusterIP", clusterIP, ports: [{ port }] },
    };
  });
  const slices = services.map(({ metadata }, index): EndpointSlice => {
    const addresses = index === 0 ? [serverAddress] : [11, 12, 13].map((number) => `10.77.0.${String(number)}`);
    return {
      metadata: { ...metadata, labels: { "kubernetes.io/service-name": metadata.name } },
      addressType: "IPv4",
      endpoints: addresses.map((address) => ({ addresses: [address] })),
      ports: [{ port }],
    };
  });
  const want = (): WantedState =>
    wantedState(services, slices, { nodeName: "", nodePortAddresses: [], skip: [], loadBalancers: new Map() });
  const start = performance.now();
  await listeners.become(want().listeners);
  const programmedMs = performance.now() - start;
  const changes: number[] = [];
  for (let round = 0; round < 20; round++) {
    const taken = slices.pop();
    const before = performance.now();
    await listeners.become(want().listeners);
    changes.push(performance.now() - before);
    if (taken !== undefined) slices.push(taken);
    await listeners.become(want().listeners);
  }
  process.stdout.write(`ready ${JSON.stringify({ programmedMs, changeMs: changes.sort((a, b) => a - b)[10] })}\n`);
  for await (const _line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${String(process.memoryUsage.rss())}\n`);
  }
}
