import type { Files } from "../contract/host.ts";

const sysctl = "/proc/sys/net/ipv4/ip_forward";

/** Below /run, as the sysctl too is forgotten at a restart of the machine. */
const remembered = "/run/sandkube/ip-forward-before";

/** Lets the host forward packets of sandboxes, and remembers what was there. Call under the network lock. */
export async function enableForwarding(files: Files): Promise<void> {
  const before = (await files.readText(sysctl)).trim();
  if (before !== "0") return;
  await files.write(remembered, before);
  await files.writeInPlace(sysctl, "1");
}

/** Puts the old value back. Call under the network lock, when no sandbox is left. */
export async function restoreForwarding(files: Files): Promise<void> {
  const before = await files.readTextIfPresent(remembered);
  if (before === undefined) return;
  await files.writeInPlace(sysctl, before.trim());
  await files.remove(remembered);
  // Ours alone only where nothing else of sandkube lives there.
  const directory = "/run/sandkube";
  if ((await files.list(directory))?.length === 0) await files.remove(directory);
}
