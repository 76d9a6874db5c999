import { describe, expect, it } from "vitest";
import { testSpec } from "../../test/fixtures/cluster-spec.ts";
import { makeSpec, type SpecInputs } from "./make-spec.ts";

const base = testSpec("/state");

function inputs(change: Partial<SpecInputs> = {}): SpecInputs {
  return {
    name: "default",
    mode: "node",
    stateDirectory: "/state",
    config: {},
    ports: base.ports,
    addons: {},
    binaries: base.binaries,
    kubernetesVersion: "v1.36.3",
    pauseImage: "sandkube.local/pause:1",
    images: ["/images/node.tar"],
    registries: [],
    egress: { kind: "masquerade", iptables: "/usr/sbin/iptables", link: "eth0" },
    machineAddress: "192.0.2.7",
    resolvers: ["192.0.2.53", "10.96.0.10"],
    localAddresses: ["127.0.0.1", "192.0.2.7"],
    previous: undefined,
    ...change,
  };
}

describe("makeSpec", () => {
  it("a node: the API server is on the node's address, which only this machine and its pods reach", () => {
    const spec = makeSpec(inputs());
    expect(spec.network.nodeAddress).toBe("10.244.0.1");
    expect(spec.api).toEqual({ bindAddress: "10.244.0.1", advertiseAddress: "10.244.0.1", subjectAltNames: [] });
    expect(spec.network.dnsAddress).toBe("10.96.0.10");
    // The machine's own file may name the cluster's DNS: asking it would go round in circles.
    expect(spec.network.resolvers).toEqual(["192.0.2.53"]);
    expect(spec.privateMounts).toBe(true);
    expect(spec.network.egress.kind).toBe("masquerade");
  });

  it("a control plane: on loopback, without mounts and without a rule", () => {
    const spec = makeSpec(inputs({ mode: "control-plane" }));
    expect(spec.api).toMatchObject({ bindAddress: "127.0.0.1", advertiseAddress: "127.0.0.1" });
    expect(spec.privateMounts).toBe(false);
    expect(spec.mounts).toEqual([]);
    expect(spec.network.egress).toEqual({ kind: "none", because: "there is no node" });
  });

  it("a node on the machine's network: the machine's own address, and services on loopback", () => {
    const spec = makeSpec(inputs({ mode: "host-network" }));
    expect(spec.nodeName).toBe("sandkube-default-host-network");
    expect(spec.api).toMatchObject({ bindAddress: "192.0.2.7", advertiseAddress: "192.0.2.7" });
    expect(spec.network).toMatchObject({
      nodeAddress: "192.0.2.7",
      serviceCidr: "127.96.0.0/16",
      dnsAddress: "127.96.0.10",
      loadBalancerCidr: "127.245.0.0/24",
      egress: { kind: "machine" },
    });
    expect(spec.privateMounts).toBe(true);
  });

  it("services whose addresses the mode cannot serve are refused, asked for or kept", () => {
    const network = { serviceCidr: "10.96.0.0/16" };
    expect(() => makeSpec(inputs({ mode: "host-network", config: { network } }))).toThrow(
      expect.objectContaining({ exit: "usage" }) as Error,
    );
    const previous = makeSpec(inputs({ mode: "host-network" }));
    expect(() => makeSpec(inputs({ previous }))).toThrow(expect.objectContaining({ exit: "conflict" }) as Error);
    // Without containers nobody reaches a service anyway.
    expect(makeSpec(inputs({ mode: "control-plane", previous })).network.serviceCidr).toBe("127.96.0.0/16");
  });

  it("the nodes of former modes are forgotten until a new beginning", () => {
    const simulated = makeSpec(inputs({ mode: "simulated" }));
    const node = makeSpec(inputs({ previous: simulated }));
    expect(node.formerNodes).toEqual(simulated.simulatedNodes);
    expect(makeSpec(inputs({ previous: node })).formerNodes).toEqual(simulated.simulatedNodes);
    const again = makeSpec(inputs({ mode: "simulated", previous: node }));
    expect(again.formerNodes).toEqual([node.nodeName]);
  });

  it("the user's address is listened on; pods still come by the node's", () => {
    const api = { address: "192.0.2.7", subjectAltNames: ["api.test"] };
    expect(makeSpec(inputs({ config: { api } })).api).toEqual({
      bindAddress: "192.0.2.7",
      advertiseAddress: "10.244.0.1",
      subjectAltNames: ["api.test"],
    });
    expect(makeSpec(inputs({ mode: "control-plane", config: { api } })).api.advertiseAddress).toBe("192.0.2.7");
  });

  it("a second cluster on the machine gets other ranges, addresses, cgroups and names of links", () => {
    const first = makeSpec(inputs());
    const second = makeSpec(inputs({ name: "second", localAddresses: ["127.0.0.1", first.network.nodeAddress] }));
    expect(second.network).toMatchObject({
      podCidr: "10.244.1.0/24",
      serviceCidr: "10.97.0.0/16",
      nodeAddress: "10.244.1.1",
      dnsAddress: "10.97.0.10",
    });
    expect(second.network.linkPrefix).not.toBe(first.network.linkPrefix);
    expect(second.cgroupRoot).not.toBe(first.cgroupRoot);
    expect(second.nodeName).not.toBe(first.nodeName);
    expect(second.id).not.toBe(first.id);
    const third = makeSpec(
      inputs({ name: "third", localAddresses: [first.network.nodeAddress, second.network.nodeAddress] }),
    );
    expect(third.network.podCidr).toBe("10.244.2.0/24");
  });

  it("a link's name fits, however long the cluster's is, and is the same next time", () => {
    for (const name of ["a", "default", "a".repeat(40)]) {
      const { linkPrefix } = makeSpec(inputs({ name })).network;
      expect(linkPrefix).toMatch(/^[a-z0-9]{7}-$/);
      expect(makeSpec(inputs({ name })).network.linkPrefix).toBe(linkPrefix);
    }
  });

  it("kept state keeps identity and ranges, though its address is still on the machine", () => {
    const first = makeSpec(inputs({ name: "second", localAddresses: ["10.244.0.1"] }));
    const again = makeSpec(inputs({ name: "second", localAddresses: ["10.244.0.1", "10.244.1.1"], previous: first }));
    expect(again.id).toBe(first.id);
    expect(again.network).toEqual(first.network);
  });

  it("the user's ranges win, also over kept ones, and are read as Kubernetes reads them", () => {
    const network = { podCidr: "172.20.3.7/24", serviceCidr: "172.21.9.9/16" };
    const spec = makeSpec(inputs({ config: { network }, previous: makeSpec(inputs()) }));
    expect(spec.network).toMatchObject({ ...network, nodeAddress: "172.20.3.1", dnsAddress: "172.21.0.10" });
  });
});
