import { describe, expect, it } from "vitest";
import type { EndpointSlice, Service } from "./service-objects.ts";
import { wantedState, type NodeFacts, type WantedState } from "./wanted-state.ts";

const node: NodeFacts = {
  nodeName: "here",
  nodePortAddresses: ["127.0.0.1", "10.244.0.1"],
  skip: ["10.96.0.10"],
  loadBalancers: new Map(),
};

function service(name: string, spec: Service["spec"], metadata: Partial<Service["metadata"]> = {}): Service {
  return {
    metadata: { name, namespace: "default", uid: `uid-${name}`, ...metadata },
    spec: { type: "ClusterIP", clusterIP: "10.96.0.7", ports: [{ port: 80 }], ...spec },
  };
}

function slice(name: string, nodeName = "here", ports: EndpointSlice["ports"] = [{ port: 8080 }]): EndpointSlice {
  return {
    metadata: { name, namespace: "default", labels: { "kubernetes.io/service-name": name } },
    addressType: "IPv4",
    endpoints: [{ addresses: ["10.244.0.5"], nodeName }],
    ports,
  };
}

const keys = (state: WantedState): string[] => [...state.listeners.keys()].sort();
const wanted = (
  services: readonly Service[],
  slices: readonly EndpointSlice[],
  change: Partial<NodeFacts> = {},
): WantedState => wantedState(services, slices, { ...node, ...change });

describe("wantedState", () => {
  it("listens at the ClusterIP of a service with endpoints, and on nothing without", () => {
    const state = wanted([service("web", {})], [slice("web")]);
    expect(keys(state)).toEqual(["TCP/10.96.0.7:80"]);
    expect(state.listeners.get("TCP/10.96.0.7:80")).toMatchObject({
      servicePort: "default/web:80/TCP",
      targets: [{ address: "10.244.0.5", port: 8080 }],
      affinitySeconds: undefined,
      sourceRanges: undefined,
    });
    expect(keys(wanted([service("web", {})], []))).toEqual([]);
    expect(keys(wanted([service("web", {})], [slice("other")]))).toEqual([]);
  });

  it("a slice of another namespace, or without the label, is not the service's", () => {
    const other = slice("web");
    expect(
      keys(
        wanted(
          [service("web", {})],
          [
            { ...other, metadata: { ...other.metadata, namespace: "other" } },
            { ...other, metadata: { name: "web", namespace: "default" } },
          ],
        ),
      ),
    ).toEqual([]);
  });

  it.each<[string, Service]>([
    ["headless", service("web", { clusterIP: "None" })],
    ["of elsewhere", service("web", { type: "ExternalName", clusterIP: "" })],
    ["without an address yet", service("web", { clusterIP: "" })],
    ["of another proxy", service("web", {}, { labels: { "service.kubernetes.io/service-proxy-name": "other" } })],
    ["served by CoreDNS itself", service("web", { clusterIP: "10.96.0.10" })],
  ])("a service %s has nothing to listen on", (_title, object) => {
    expect(wanted([object], [slice("web")])).toMatchObject({ listeners: new Map(), complaints: [] });
  });

  it("serves every port, by name and protocol", () => {
    const object = service("dns", {
      ports: [
        { name: "dns", protocol: "UDP", port: 53 },
        { name: "dns-tcp", protocol: "TCP", port: 53 },
        { name: "metrics", port: 9153 },
      ],
    });
    const ports = [
      { name: "dns", protocol: "UDP", port: 5353 },
      { name: "dns-tcp", protocol: "TCP", port: 5354 },
    ];
    const state = wanted([object], [slice("dns", "here", ports)]);
    expect(keys(state)).toEqual(["TCP/10.96.0.7:53", "UDP/10.96.0.7:53"]);
    expect(state.listeners.get("UDP/10.96.0.7:53")?.targets).toEqual([{ address: "10.244.0.5", port: 5353 }]);
  });

  it("serves node ports, external addresses and the balancer's address; all share one service port", () => {
    const object = service("web", {
      type: "LoadBalancer",
      clusterIPs: ["10.96.0.7", "fd00::7"],
      ports: [{ port: 80, nodePort: 30_080 }],
      externalIPs: ["192.0.2.1", "192.0.2.1", "2001:db8::1"],
      loadBalancerSourceRanges: ["10.244.0.0/24"],
      sessionAffinity: "ClientIP",
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 5 } },
    });
    const state = wanted([object], [slice("web")], { loadBalancers: new Map([["default/web", "10.245.0.1"]]) });
    expect(keys(state)).toEqual([
      "TCP/10.244.0.1:30080",
      "TCP/10.245.0.1:80",
      "TCP/10.96.0.7:80",
      "TCP/127.0.0.1:30080",
      "TCP/192.0.2.1:80",
    ]);
    const listeners = [...state.listeners.values()];
    expect(new Set(listeners.map(({ servicePort }) => servicePort)).size).toBe(1);
    expect(new Set(listeners.map(({ affinitySeconds }) => affinitySeconds))).toEqual(new Set([5]));
    expect(state.listeners.get("TCP/10.245.0.1:80")?.sourceRanges).toEqual(["10.244.0.0/24"]);
    expect(state.listeners.get("TCP/10.96.0.7:80")?.sourceRanges).toBeUndefined();
    expect(state.externalAddresses).toEqual(["192.0.2.1", "2001:db8::1"]);
  });

  it("affinity lasts three hours where nothing else is said", () => {
    const state = wanted([service("web", { sessionAffinity: "ClientIP" })], [slice("web")]);
    expect(state.listeners.get("TCP/10.96.0.7:80")?.affinitySeconds).toBe(10_800);
  });

  it("internal and external traffic policy decide apart, and the health check counts this node's endpoints", () => {
    const spec: Service["spec"] = { type: "NodePort", ports: [{ port: 80, nodePort: 30_080 }] };
    const far = [slice("web", "there")];
    const external = service("web", { ...spec, externalTrafficPolicy: "Local", healthCheckNodePort: 31_000 });
    expect(keys(wanted([external], far))).toEqual(["TCP/10.96.0.7:80"]);
    expect(wanted([external], far).healthChecks).toMatchObject([{ port: 31_000, localEndpoints: 0 }]);
    expect(wanted([external], [slice("web")]).healthChecks).toMatchObject([{ port: 31_000, localEndpoints: 1 }]);
    const internal = service("web", { ...spec, internalTrafficPolicy: "Local" });
    expect(keys(wanted([internal], far))).toEqual(["TCP/10.244.0.1:30080", "TCP/127.0.0.1:30080"]);
  });

  it("SCTP is complained about and the other ports are served", () => {
    const object = service("web", { ports: [{ port: 1, protocol: "SCTP" }, { port: 80 }] });
    const state = wanted([object], [slice("web")]);
    expect(keys(state)).toEqual(["TCP/10.96.0.7:80"]);
    expect(state.complaints).toMatchObject([{ reason: "ProtocolNotSupported" }]);
    expect(state.complaints[0]?.message).toContain("1/SCTP is not served");
  });

  it("of two services with one address and port the older has it, and the younger is told", () => {
    const spec: Service["spec"] = { externalIPs: ["192.0.2.1"] };
    const young = service("a", { ...spec, clusterIP: "10.96.0.8" }, { creationTimestamp: "2026-01-02T00:00:00Z" });
    const old = service("b", { ...spec, clusterIP: "10.96.0.9" }, { creationTimestamp: "2026-01-01T00:00:00Z" });
    const state = wanted([young, old], [slice("a"), slice("b")]);
    expect(state.listeners.get("TCP/192.0.2.1:80")?.service).toBe(old);
    expect(state.complaints).toMatchObject([{ service: young, reason: "AddressInUse" }]);
  });
});
