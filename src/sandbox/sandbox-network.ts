import { join } from "node:path";
import type { Host } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { addEgressRules, removeEgressRules } from "./firewall.ts";
import { enableForwarding, restoreForwarding } from "./ip-forward.ts";
import { linkPrefix, type SandboxLocation } from "./sandbox-location.ts";
import { lockMachine } from "./sandbox-lock.ts";
import { chooseSubnet, usedNetworks, type SandboxSubnet } from "./subnet.ts";

/** Where ip-netns(8) keeps its namespaces. */
const namespaceDirectory = "/run/netns";

/** The file that holds the sandbox's network namespace. */
export function namespaceFile(location: SandboxLocation): string {
  return join(namespaceDirectory, location.id);
}

/**
 * Makes a fresh network namespace with a veth pair, an own /30 and egress
 * through the host. runsc takes the addresses off eth0 and keeps them, so a
 * namespace serves one sandbox once.
 *
 * @throws SandkubeError (unsupported, conflict)
 */
export async function makeSandboxNetwork(
  host: Host,
  location: SandboxLocation,
  iptables: string,
  signal: AbortSignal,
): Promise<SandboxSubnet> {
  await using _lock = await lockMachine(host, signal);
  const subnet = chooseSubnet(await networksInUse(host, signal));
  if (subnet === undefined) {
    throw new SandkubeError({
      title: "No network for sandboxes",
      message: "Every /30 of 10.199.0.0/16 is in use on this machine.",
      hint: "sandkube sandbox list shows the sandboxes; delete some.",
      exit: "conflict",
    });
  }
  await ipBatch(
    host,
    [],
    [
      `netns add ${location.id}`,
      `link add ${location.link} type veth peer name eth0 netns ${location.id}`,
      `addr add ${subnet.hostAddress}/30 dev ${location.link}`,
      `link set ${location.link} up`,
    ],
    signal,
  );
  await ipBatch(
    host,
    ["-n", location.id],
    [
      "link set lo up",
      `addr add ${subnet.sandboxAddress}/30 dev eth0`,
      "link set eth0 up",
      `route add default via ${subnet.hostAddress} dev eth0`,
    ],
    signal,
  );
  await addEgressRules(host.commands, iptables, location, subnet.cidr, signal);
  await enableForwarding(host.files);
  return subnet;
}

/**
 * Removes all that {@link makeSandboxNetwork} made, or half made. Doing it
 * twice is fine. The caller holds the machine's lock.
 *
 * @param iptables every iptables that may hold rules of this sandbox
 */
export async function removeSandboxNetwork(
  host: Host,
  location: SandboxLocation,
  iptables: readonly string[],
): Promise<void> {
  const { commands, files } = host;
  const removals: string[] = [];
  // The link by itself: a namespace is freed some time after its last use.
  if ((await files.status(`/sys/class/net/${location.link}`)) !== undefined) {
    removals.push(`link delete ${location.link}`);
  }
  if ((await files.status(namespaceFile(location))) !== undefined) removals.push(`netns delete ${location.id}`);
  if (removals.length > 0) {
    await commands.run(["ip", "-force", "-batch", "-"], {
      input: `${removals.join("\n")}\n`,
      acceptedExitCodes: "any",
    });
  }
  await removeEgressRules(commands, iptables, location);
  const links = (await files.list("/sys/class/net")) ?? [];
  if (!links.some((link) => link.startsWith(linkPrefix))) await restoreForwarding(files);
}

async function ipBatch(
  host: Host,
  flags: readonly string[],
  lines: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  await host.commands.run(["ip", ...flags, "-batch", "-"], { input: `${lines.join("\n")}\n`, signal });
}

async function networksInUse(host: Host, signal: AbortSignal): Promise<readonly string[]> {
  const [addresses, routes] = await Promise.all([
    host.commands.run(["ip", "-4", "-json", "addr", "show"], { signal }),
    host.commands.run(["ip", "-4", "-json", "route", "show", "table", "all"], { signal }),
  ]);
  return usedNetworks(JSON.parse(addresses.stdout || "[]"), JSON.parse(routes.stdout || "[]"));
}
