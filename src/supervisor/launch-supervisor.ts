import type { ClusterSpec } from "../contract/cluster-spec.ts";
import type { Host, ProcessIdentity } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { stateLayout } from "../contract/state-layout.ts";
import { startDetached } from "./detached-process.ts";
import { clusterMarker } from "./marked-processes.ts";
import { mountScript, quote } from "./mount-script.ts";

/** Where the supervisor itself writes. */
export function supervisorLog(stateDirectory: string): string {
  return `${stateLayout(stateDirectory).logs}/supervisor.log`;
}

/**
 * Starts the supervisor in the background, in a session of its own and, where
 * the specification asks for it, in a mount namespace that holds the plan's
 * mounts and ends with its last process.
 *
 * @param command the program and arguments that become the supervisor
 * @throws SandkubeError (unsupported) where a needed tool is missing
 */
export async function launchSupervisor(
  spec: ClusterSpec,
  command: readonly [string, ...string[]],
  host: Host,
): Promise<ProcessIdentity> {
  const layout = stateLayout(spec.stateDirectory);
  await host.files.makeDirectory(layout.logs, { mode: 0o700 });
  // Sockets, containerd's state and the live copies of covered directories; nobody else has business in it.
  await host.files.makeDirectory(layout.runtime, { mode: 0o700 });
  if (spec.privateMounts) await makeMountPoints(spec, host);
  return startDetached(
    {
      argv: spec.privateMounts ? await inMountNamespace(spec, command, host) : command,
      environment: { ...process.env, [clusterMarker]: spec.id },
      log: supervisorLog(spec.stateDirectory),
    },
    host.processes,
  );
}

/**
 * Makes the directories that mounts cover and that are not there, and remembers
 * them: a mount is gone with its namespace, a directory is not.
 */
async function makeMountPoints(spec: ClusterSpec, host: Host): Promise<void> {
  const { madeDirectories } = stateLayout(spec.stateDirectory);
  const made = ((await host.files.readTextIfPresent(madeDirectories)) ?? "").split("\n").filter((line) => line !== "");
  for (const mount of spec.mounts) {
    if (mount.kind !== "tmpfs" || mount.target.startsWith("/proc/")) continue;
    if ((await host.files.status(mount.target)) !== undefined) continue;
    made.push(mount.target);
    await host.files.write(madeDirectories, `${made.join("\n")}\n`);
    await host.files.makeDirectory(mount.target);
  }
}

/** Removes the directories that were made for mounts, where nobody has put anything in them. */
export async function removeMountPoints(spec: ClusterSpec, host: Host): Promise<void> {
  const { madeDirectories } = stateLayout(spec.stateDirectory);
  const made = ((await host.files.readTextIfPresent(madeDirectories)) ?? "").split("\n");
  for (const path of made.filter((line) => line !== "").reverse()) {
    await host.files.removeDirectory(path).catch(() => undefined);
  }
}

async function inMountNamespace(
  spec: ClusterSpec,
  command: readonly string[],
  host: Host,
): Promise<[string, ...string[]]> {
  const unshare = await host.commands.find("unshare");
  if (unshare === undefined) {
    throw new SandkubeError({
      title: "unshare is missing",
      message: "A node needs a mount namespace of its own, which util-linux's unshare makes.",
      hint: "Install it: apt-get install util-linux",
      exit: "unsupported",
    });
  }
  const { runtime, failedRemedy } = stateLayout(spec.stateDirectory);
  const script = `${mountScript(spec.mounts, `${runtime}/mounts`, failedRemedy)}\nexec ${command.map(quote).join(" ")}`;
  // Mounts of the machine keep coming in (slave); ours never go out.
  return [unshare, "--mount", "--propagation", "slave", "sh", "-c", script];
}
