import { spawn } from "node:child_process";
import { open } from "node:fs/promises";
import type { ClusterSpec } from "../contract/cluster-spec.ts";
import type { Host, ProcessIdentity } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { stateLayout } from "../contract/state-layout.ts";
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
  const log = await open(supervisorLog(spec.stateDirectory), "a", 0o600);
  try {
    const [file, ...rest] = spec.privateMounts ? await inMountNamespace(spec, command, host) : command;
    const child = spawn(file, rest, {
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
      cwd: "/",
      env: { ...process.env, [clusterMarker]: spec.id },
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    child.unref();
    const pid = child.pid ?? 0;
    const status = await host.processes.status(pid);
    return { pid, startTicks: status?.startTicks ?? 0 };
  } finally {
    await log.close();
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
  const scratch = `${stateLayout(spec.stateDirectory).runtime}/mounts`;
  const script = `${mountScript(spec.mounts, scratch)}\nexec ${command.map(quote).join(" ")}`;
  // Mounts of the machine keep coming in (slave); ours never go out.
  return [unshare, "--mount", "--propagation", "slave", "sh", "-c", script];
}
