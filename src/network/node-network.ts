import type { ClusterSpec } from "../contract/cluster-spec.ts";
import type { Host } from "../contract/host.ts";
import { stateLayout } from "../contract/state-layout.ts";

const forwardingPath = "/proc/sys/net/ipv4/ip_forward";

/**
 * Makes what pods need of the machine's own network: the bridge with the node's
 * address, forwarding, and the rule that lets packets of pods leave. All of it
 * is found again from the specification, so that it can be removed by a process
 * that did not make it.
 */
export async function setUpNodeNetwork(spec: ClusterSpec, host: Host, signal: AbortSignal): Promise<void> {
  await runPlugin("node-up", spec, host, signal);
  const { egress } = spec.network;
  if (egress.kind === "none") return;
  const forwarding = (await host.files.readText(forwardingPath)).trim();
  if (forwarding !== "1") {
    await host.files.write(forwardingRecord(spec), forwarding);
    await host.files.writeInPlace(forwardingPath, "1");
  }
  for (const { iptables, rule } of egressRules(spec)) {
    const present = await host.commands.run([iptables, "-w", "-t", "nat", "-C", ...rule], {
      acceptedExitCodes: "any",
      signal,
    });
    if (present.exitCode !== 0) await host.commands.run([iptables, "-w", "-t", "nat", "-A", ...rule], { signal });
  }
}

/** Removes everything that {@link setUpNodeNetwork} made; what is gone already is fine. */
export async function tearDownNodeNetwork(spec: ClusterSpec, host: Host, signal: AbortSignal): Promise<void> {
  await runPlugin("node-down", spec, host, signal);
  for (const { iptables, rule } of egressRules(spec)) {
    // A rule may stand there twice after a crash between look and addition.
    for (let removed = true; removed;) {
      const result = await host.commands.run([iptables, "-w", "-t", "nat", "-D", ...rule], {
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

/** The settings of our CNI plugin (go/cni), which also makes and removes the bridge. */
export function networkSettings(spec: ClusterSpec): Readonly<Record<string, unknown>> {
  return {
    cniVersion: "1.1.0",
    name: spec.name,
    type: "sandkube-cni",
    bridge: spec.network.bridge,
    subnet: spec.network.podCidr,
    gateway: spec.network.nodeAddress,
    dataDir: stateLayout(spec.stateDirectory).cniLeases,
  };
}

function egressRules(spec: ClusterSpec): readonly { readonly iptables: string; readonly rule: readonly string[] }[] {
  const { egress, podCidr } = spec.network;
  if (egress.kind === "none") return [];
  const { iptables, link } = egress;
  const leaving = ["POSTROUTING", "-s", podCidr, "-o", link];
  if (egress.kind === "masquerade") return [{ iptables, rule: [...leaving, "-j", "MASQUERADE"] }];
  // gVisor's SNAT wants a protocol, and knows these two.
  return ["tcp", "udp"].map((protocol) => ({
    iptables,
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
    input: JSON.stringify(networkSettings(spec)),
    signal,
  });
}

/** Outside `run/`, which does not outlive the machine's processes in meaning. */
function forwardingRecord(spec: ClusterSpec): string {
  return `${spec.stateDirectory}/ip-forward-before`;
}
