import type { Host } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { firstUsableIptables } from "./firewall.ts";

/** The programs that making a sandbox takes, and Debian's packages that hold them. */
const programs = {
  ip: "iproute2",
  unshare: "util-linux",
  nsenter: "util-linux",
  mount: "mount",
  cp: "coreutils",
} as const;

/**
 * Checks that this machine can make sandboxes at all.
 *
 * @returns the iptables command to use
 * @throws SandkubeError (unsupported) that names the command to type
 */
export async function checkRequirements(host: Host, runscPath: string): Promise<{ readonly iptables: string }> {
  await requireRoot(host);
  if ((await host.commands.find(runscPath)) === undefined) {
    throw unsupported(
      `There is no runsc at ${runscPath}, or it is not executable.`,
      "Build it: sandkube artifacts build runsc-20260701",
    );
  }
  const missing: string[] = [];
  const packages = new Set<string>();
  for (const [program, debian] of Object.entries(programs)) {
    if ((await host.commands.find(program)) !== undefined) continue;
    missing.push(program);
    packages.add(debian);
  }
  const iptables = await firstUsableIptables(host.commands);
  if (iptables === undefined && (await host.commands.find("iptables")) === undefined) {
    missing.push("iptables");
    packages.add("iptables");
  }
  if (missing.length > 0) {
    throw unsupported(`Not installed: ${missing.join(", ")}.`, `Install: apt-get install ${[...packages].join(" ")}`);
  }
  if (iptables === undefined) {
    throw unsupported(
      "iptables is installed, but cannot read the nat table of this kernel.",
      "Load the kernel's NAT modules: modprobe iptable_nat nf_nat",
    );
  }
  return { iptables };
}

/**
 * Checks that this process is root, with all it needs.
 *
 * @throws SandkubeError (unsupported)
 */
export async function requireRoot(host: Host): Promise<void> {
  const status = (await host.files.readTextIfPresent("/proc/self/status")) ?? "";
  const uid = /^Uid:\s+\d+\s+(\d+)/m.exec(status)?.[1];
  if (uid === "0") return;
  throw unsupported(
    "Making, entering and removing gVisor sandboxes takes root.",
    "Run the command again as root, with sudo before it.",
  );
}

function unsupported(message: string, hint: string): SandkubeError {
  return new SandkubeError({ title: "Cannot make sandboxes here", message, hint, exit: "unsupported" });
}
