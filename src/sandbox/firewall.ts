import type { Commands } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import type { SandboxLocation } from "./sandbox-location.ts";

/** The commands that may work, in order: the host's choice, then each back end by name. */
const iptablesNames = ["iptables", "iptables-nft", "iptables-legacy"];

/** Seconds to wait for the lock that iptables-legacy takes. */
const wait = ["-w", "10"];

/** Every iptables on the PATH that can read its nat table, as an absolute path. */
export async function usableIptables(commands: Commands): Promise<readonly string[]> {
  const usable: string[] = [];
  for (const name of iptablesNames) {
    const path = await commands.find(name);
    if (path !== undefined && (await canUse(commands, path))) usable.push(path);
  }
  return usable;
}

/** The first iptables that works; undefined where none does. */
export async function firstUsableIptables(commands: Commands): Promise<string | undefined> {
  for (const name of iptablesNames) {
    const path = await commands.find(name);
    if (path !== undefined && (await canUse(commands, path))) return path;
  }
  return undefined;
}

async function canUse(commands: Commands, path: string): Promise<boolean> {
  const result = await commands.run([path, ...wait, "-t", "nat", "-S", "POSTROUTING"], { acceptedExitCodes: "any" });
  return result.exitCode === 0;
}

/**
 * Lets a sandbox reach the outside through the host's address.
 *
 * @param cidr the sandbox's network
 * @throws SandkubeError (unsupported) where no form of the rules is accepted
 */
export async function addEgressRules(
  commands: Commands,
  iptables: string,
  location: SandboxLocation,
  cidr: string,
  signal: AbortSignal,
): Promise<void> {
  let refusal = "";
  // The comment match is a kernel module of its own (xt_comment) and may be absent.
  for (const extra of [`-m comment --comment ${location.id} `, ""]) {
    const result = await commands.run([`${iptables}-restore`, ...wait, "--noflush"], {
      input: egressRules(location.link, cidr, extra),
      acceptedExitCodes: "any",
      signal,
    });
    if (result.exitCode === 0) return;
    refusal = result.stderr.trim();
    await removeEgressRules(commands, [iptables], location);
  }
  throw new SandkubeError({
    title: "No network for sandboxes",
    message: `The host's firewall does not take the rules that a sandbox needs: ${refusal}`,
    hint: "Load the kernel's NAT modules: modprobe -a iptable_nat xt_MASQUERADE xt_comment",
    exit: "unsupported",
  });
}

/** One process and one commit a table, rather than a process for each rule. */
function egressRules(link: string, cidr: string, extra: string): string {
  return [
    "*nat",
    `-I POSTROUTING 1 -s ${cidr} ! -o ${link} ${extra}-j MASQUERADE`,
    "COMMIT",
    // Only matters where the chain's policy is DROP, as Docker sets it.
    "*filter",
    `-I FORWARD 1 -i ${link} ${extra}-j ACCEPT`,
    `-I FORWARD 1 -o ${link} ${extra}-j ACCEPT`,
    "COMMIT",
    "",
  ].join("\n");
}

/** Removes every rule of a sandbox, however many there are. */
export async function removeEgressRules(
  commands: Commands,
  iptables: readonly string[],
  location: SandboxLocation,
): Promise<void> {
  for (const program of iptables) {
    const saved = await commands.run([`${program}-save`], { acceptedExitCodes: "any" });
    const removal = removalOf(saved.stdout, location);
    if (removal === undefined) continue;
    await commands.run([`${program}-restore`, ...wait, "--noflush"], { input: removal, acceptedExitCodes: "any" });
  }
}

/**
 * Turns the output of iptables-save into the input of iptables-restore that
 * removes a sandbox's rules: those that name its id or its link.
 *
 * @returns undefined where there is none
 */
export function removalOf(saved: string, location: Pick<SandboxLocation, "id" | "link">): string | undefined {
  const names = new Set([location.id, location.link, `"${location.id}"`]);
  const lines: string[] = [];
  let table: string | undefined;
  let open = false;
  for (const line of saved.split("\n")) {
    if (line.startsWith("*")) table = line;
    if (table === undefined || !line.startsWith("-A ") || !line.split(" ").some((word) => names.has(word))) {
      if (line === "COMMIT" && open) {
        lines.push("COMMIT");
        open = false;
      }
      continue;
    }
    if (!open) lines.push(table);
    open = true;
    lines.push(line.replace(/^-A /, "-D "));
  }
  return lines.length === 0 ? undefined : `${lines.join("\n")}\n`;
}
