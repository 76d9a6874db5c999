import { dirname, join } from "node:path";
import type { Host, ProcessStatus } from "../contract/host.ts";
import { step } from "../contract/progress.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { usableIptables } from "./firewall.ts";
import { requireRoot } from "./requirements.ts";
import { locateSandbox, type SandboxLocation } from "./sandbox-location.ts";
import { lockMachine, lockSandbox } from "./sandbox-lock.ts";
import { namespaceFile, removeSandboxNetwork } from "./sandbox-network.ts";
import { defaultStateRoot, type SandboxContext } from "./sandbox-options.ts";
import { parseSandboxState } from "./sandbox-state.ts";

/** What {@link deleteSandbox} found. */
export interface DeleteResult {
  readonly name: string;
  /** False where there was no such sandbox; what may be left of one is removed all the same. */
  readonly existed: boolean;
}

/**
 * Removes a sandbox and all that belongs to it: processes, network namespace,
 * links, firewall rules, mounts, cgroups, files. Works on running, stopped,
 * broken and half-made ones, and on none at all.
 *
 * @throws SandkubeError: conflict (another command works on it), storage (something could not be removed)
 */
export async function deleteSandbox(
  name: string,
  options: { readonly stateRoot?: string },
  context: SandboxContext,
): Promise<DeleteResult> {
  const { host, signal } = context;
  const location = locateSandbox(name, options.stateRoot);
  await requireRoot(host);
  await using _lock = await lockSandbox(host, location, 30_000, signal);
  const existed = (await host.files.linkStatus(location.directory)) !== undefined;
  await step(context.progress, `Delete sandbox ${name}`, () => removeSandbox(host, location));
  return { name, existed };
}

/**
 * Does the work of {@link deleteSandbox}. The caller holds the sandbox's lock.
 * It takes no abort signal: a removal that has begun goes to its end.
 *
 * `runsc delete` is not asked: all that runsc makes lies in the sandbox's own
 * directory, cgroups and namespace, which go anyhow, and waiting for it takes
 * longer than the rest together.
 */
export async function removeSandbox(host: Host, location: SandboxLocation): Promise<void> {
  const text = await host.files.readTextIfPresent(location.stateFile);
  const parsed = text === undefined ? undefined : parseSandboxState(text);
  const iptables = parsed?.ok === true ? [parsed.state.iptables] : await usableIptables(host.commands);
  await endProcesses(host, location);
  await removeMounts(host, location);
  await removeCgroups(host, location);
  await using _lock = await lockMachine(host, AbortSignal.timeout(60_000));
  await removeSandboxNetwork(host, location, iptables);
  if ((await host.files.linkStatus(location.directory)) !== undefined) await host.files.remove(location.directory);
  await verifyGone(host, location);
  if (location.stateRoot === defaultStateRoot) await removeEmptyRoots(host);
}

/** Kills whatever runs with this sandbox's runsc root on its command line: sentry, gofer, an exec, a half-made run. */
async function endProcesses(host: Host, location: SandboxLocation): Promise<void> {
  const deadline = host.clock.monotonic() + 10_000;
  for (;;) {
    const alive = await processesOf(host, location);
    if (alive.length === 0) return;
    if (host.clock.monotonic() > deadline) {
      throw new SandkubeError({
        title: "Processes do not end",
        message: `These processes of sandbox "${location.name}" survive SIGKILL: ${alive.map((process) => `${process.name} (${String(process.pid)})`).join(", ")}.`,
        hint: "They wait in the kernel; dmesg may say for what. Try again later.",
        exit: "storage",
      });
    }
    await Promise.all(alive.map((process) => host.processes.signal(process, "SIGKILL")));
    await host.clock.sleep(10);
  }
}

async function processesOf(host: Host, location: SandboxLocation): Promise<readonly ProcessStatus[]> {
  const running = (await host.processes.list()).filter((process) => !process.zombie);
  const flag = `--root=${location.runscRoot}`;
  const ours = await Promise.all(
    running.map(async (process) => ((await host.processes.arguments(process.pid)) ?? []).includes(flag)),
  );
  return running.filter((_, index) => ours[index]);
}

async function removeMounts(host: Host, location: SandboxLocation): Promise<void> {
  const mounts = mountsBelow(await host.files.readText("/proc/self/mountinfo"), location.directory);
  for (const target of mounts.toReversed()) {
    await host.commands.run(["umount", "--lazy", "--", target], { acceptedExitCodes: "any" });
  }
}

/** The mount points at or below a directory, in the order of mountinfo (proc(5)). */
export function mountsBelow(mountinfo: string, directory: string): readonly string[] {
  return mountinfo
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .map((path) => path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))))
    .filter((path) => path === directory || path.startsWith(`${directory}/`));
}

/**
 * Removes the cgroups that runsc made: one on cgroup v2, one a controller on v1.
 * The kernel says "busy" until the last process is wholly gone.
 */
async function removeCgroups(host: Host, location: SandboxLocation): Promise<void> {
  const deadline = host.clock.monotonic() + 5000;
  for (;;) {
    const left = await cgroupsOf(host, location);
    if (left.length === 0 || host.clock.monotonic() > deadline) return;
    // A failure shows in the next look; the last one is told by verifyGone.
    await Promise.allSettled(left.map((path) => host.files.removeDirectory(path)));
    await host.clock.sleep(5);
  }
}

async function cgroupsOf(host: Host, location: SandboxLocation): Promise<readonly string[]> {
  const root = "/sys/fs/cgroup";
  const hierarchies = [root, ...((await host.files.list(root)) ?? []).map((name) => join(root, name))];
  const paths = hierarchies.map((directory) => join(directory, location.id));
  const present = await Promise.all(paths.map((path) => host.files.status(path)));
  return paths.filter((_, index) => present[index] !== undefined);
}

/** Says so where something could not be removed, rather than pretending. */
async function verifyGone(host: Host, location: SandboxLocation): Promise<void> {
  const paths = [
    location.directory,
    namespaceFile(location),
    `/sys/class/net/${location.link}`,
    ...(await cgroupsOf(host, location)),
  ];
  const present = await Promise.all(paths.map((path) => host.files.linkStatus(path)));
  const left = paths.filter((_, index) => present[index] !== undefined);
  if (left.length === 0) return;
  throw new SandkubeError({
    title: "Not everything could be removed",
    message: `Left of sandbox "${location.name}": ${left.join(", ")}.`,
    hint: `Try again: sandkube sandbox delete ${location.name}`,
    exit: "storage",
  });
}

/** The default directories are ours to remove; one that the user named is not. */
async function removeEmptyRoots(host: Host): Promise<void> {
  for (const directory of [defaultStateRoot, dirname(defaultStateRoot)]) {
    if ((await host.files.list(directory))?.length !== 0) return;
    await host.files.remove(directory);
  }
}
