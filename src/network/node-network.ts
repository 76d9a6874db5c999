import { addressIn } from "../contract/address-range.ts";
import type { ClusterSpec } from "../contract/cluster-spec.ts";
import type { Host } from "../contract/host.ts";
import { stateLayout } from "../contract/state-layout.ts";

const forwardingPath = "/proc/sys/net/ipv4/ip_forward";

/**
 * Makes what pods need of the machine's own network: the node's address,
 * forwarding, without which no pod reaches another, and the rules that let
 * packets of pods through and out. All of it is found again from the
 * specification, so that it can be removed by a process that did not make it.
 */
export async function setUpNodeNetwork(spec: ClusterSpec, host: Host, signal: AbortSignal): Promise<void> {
  await runPlugin("node-up", spec, host, signal);
  // Absent where the kernel has no such setting; the blockers have judged that. In gVisor a pod's packet to an
  // address of lo is one to forward too (forwardUnicastPacket in
  // https://github.com/google/gvisor/blob/master/pkg/tcpip/network/ipv4/ipv4.go).
  const forwarding = (await host.files.readTextIfPresent(forwardingPath))?.trim();
  if (forwarding !== undefined && forwarding !== "1") {
    await host.files.write(forwardingRecord(spec), forwarding);
    await host.files.writeInPlace(forwardingPath, "1");
  }
  for (const { iptables, table, add, rule } of packetRules(spec)) {
    const present = await host.commands.run([iptables, "-w", "-t", table, "-C", ...rule], {
      acceptedExitCodes: "any",
      signal,
    });
    if (present.exitCode !== 0) await host.commands.run([iptables, "-w", "-t", table, add, ...rule], { signal });
  }
}

/** Removes everything that {@link setUpNodeNetwork} made; what is gone already is fine. */
export async function tearDownNodeNetwork(spec: ClusterSpec, host: Host, signal: AbortSignal): Promise<void> {
  await runPlugin("node-down", spec, host, signal);
  for (const { iptables, table, rule } of packetRules(spec)) {
    // A rule may stand there twice after a crash between look and addition.
    for (let removed = true; removed;) {
      const result = await host.commands.run([iptables, "-w", "-t", table, "-D", ...rule], {
        acceptedExitCodes: "any",
        signal,
      });
      removed = result.exitCode === 0;
    }
  }
  const before = await host.files.readTextIfPresent(forwardingRecord(spec));
  if (before !== undefined) {
    await host.files.writeInPlace(forwardingPath, before);
    await host.files.remove(forwardingRecord(spec));
  }
}

/**
 * The networks on lo. Loopback has every address of its networks, on Linux and in
 * gVisor (AcquireAssignedAddress in pkg/tcpip/network/ipv4/ipv4.go), so one address
 * makes all addresses of services this node's own: one that nobody serves is refused at once.
 */
export function loopbackNetworks(spec: ClusterSpec): readonly string[] {
  return [spec.network.serviceCidr, spec.network.loadBalancerCidr].map((cidr) => {
    return `${addressIn(cidr, 0)}/${cidr.split("/")[1] ?? "32"}`;
  });
}

/** The settings of our CNI plugin (go/cni), which also gives the node its address and takes it away. */
export function networkSettings(spec: ClusterSpec): Readonly<Record<string, unknown>> {
  return {
    cniVersion: "1.1.0",
    name: spec.name,
    type: "sandkube-cni",
    linkPrefix: spec.network.linkPrefix,
    subnet: spec.network.podCidr,
    gateway: addressIn(spec.network.podCidr, 1),
    dataDir: stateLayout(spec.stateDirectory).cniLeases,
  };
}

interface PacketRule {
  readonly iptables: string;
  readonly table: "nat" | "filter";
  readonly add: "-A" | "-I";
  readonly rule: readonly string[];
}

function packetRules(spec: ClusterSpec): readonly PacketRule[] {
  return [...forwardRules(spec), ...egressRules(spec)];
}

/** First in their chain, since a machine that passes on nothing unasked may end it with a rule that rejects. */
function forwardRules({ network }: ClusterSpec): readonly PacketRule[] {
  return (network.acceptForwardingBy ?? []).flatMap((iptables) =>
    ["-s", "-d"].map(
      (end) =>
        ({
          iptables,
          table: "filter",
          add: "-I",
          rule: ["FORWARD", end, network.podCidr, "-j", "ACCEPT"],
        }) as const,
    ),
  );
}

function egressRules({ network: { egress, podCidr } }: ClusterSpec): readonly PacketRule[] {
  if (egress.kind === "none" || egress.kind === "machine") return [];
  const { iptables, link } = egress;
  const common = { iptables, table: "nat", add: "-A" } as const;
  // gVisor 2024-07 seems to take no notice of `-o` here: without the exception, packets between pods were rewritten.
  const leaving = ["POSTROUTING", "-s", podCidr, "!", "-d", podCidr, "-o", link];
  if (egress.kind === "masquerade") return [{ ...common, rule: [...leaving, "-j", "MASQUERADE"] }];
  // gVisor's SNAT wants a protocol, and knows these two.
  return ["tcp", "udp"].map((protocol) => ({
    ...common,
    rule: [...leaving, "-p", protocol, "-j", "SNAT", "--to-source", egress.address],
  }));
}

async function runPlugin(
  command: "node-up" | "node-down",
  spec: ClusterSpec,
  host: Host,
  signal: AbortSignal,
): Promise<void> {
  await host.commands.run([spec.binaries["sandkube-cni"], command], {
    input: JSON.stringify({ ...networkSettings(spec), loopback: loopbackNetworks(spec) }),
    signal,
  });
}

/** Outside `run/`, which does not outlive the machine's processes in meaning. */
function forwardingRecord(spec: ClusterSpec): string {
  return `${spec.stateDirectory}/ip-forward-before`;
}
