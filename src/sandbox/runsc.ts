import type { Host } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import type { SandboxLocation } from "./sandbox-location.ts";
import { namespaceFile } from "./sandbox-network.ts";
import type { SandboxNetworkStack, SandboxOverlay, SandboxPlatform } from "./sandbox-options.ts";

/** The runsc that a sandbox runs with. */
export interface Runsc {
  readonly path: string;
  readonly platform: SandboxPlatform;
  readonly networkStack: SandboxNetworkStack;
}

/**
 * The beginning of every runsc command line. `--net-raw` is needed on `exec`
 * too: without it the process loses CAP_NET_RAW (runsc/cmd/exec.go), and
 * iptables-legacy says "Table does not exist".
 */
export function runscCommand(runsc: Runsc, location: SandboxLocation): [string, ...string[]] {
  const { path, platform, networkStack } = runsc;
  return [path, `--root=${location.runscRoot}`, `--platform=${platform}`, "--net-raw", `--network=${networkStack}`];
}

/**
 * runsc refuses a network namespace where it sees files that once existed in
 * the first one only ("cannot run with network enabled in root network
 * namespace", runsc/sandbox/network.go); Linux 6.18 shows them in each. It is
 * started in a mount namespace of its own where the directory is covered.
 * Propagation is `slave`, so that what the host unmounts later is free at once.
 *
 * Standard output is a file, as the sandbox inherits it and a pipe would not
 * end before the sandbox does.
 */
const startScript = `
netns=$1 log=$2; shift 2
nsenter --net="$netns" sh -c '
  cd /proc/sys/net/core 2>/dev/null || exit 0
  if [ -e rmem_default ] || [ -e dev_weight ]; then mount -t tmpfs -o ro,size=4k none /proc/sys/net/core; fi
' || exit 1
exec "$@" </dev/null >"$log" 2>&1
`;

/**
 * Starts the sandbox of a finished bundle.
 *
 * @returns what is not as the caller asked for, in words for the user
 * @throws SandkubeError (internal) with what runsc said
 */
export async function startSandbox(
  host: Host,
  runsc: Runsc,
  location: SandboxLocation,
  overlay: SandboxOverlay,
  signal: AbortSignal,
): Promise<{ readonly notes: readonly string[] }> {
  const withCgroups = await host.files.isWritable("/sys/fs/cgroup");
  const withCgroupfs = await needsCgroupfsFlag(host, runsc, signal);
  const argv: [string, ...string[]] = [
    "unshare",
    ...["--mount", "--propagation", "slave", "sh", "-c", startScript, "sandkube-start"],
    ...[namespaceFile(location), location.startLog],
    ...runscCommand(runsc, location),
    `--panic-log=${location.panicLog}`,
    ...(await overlayFlags(host, runsc, overlay, signal)),
    ...(withCgroupfs ? ["--cgroupfs"] : []),
    ...(withCgroups ? [] : ["--ignore-cgroups"]),
    ...["run", "--detach", "--pid-file", location.pidFile, "--bundle", location.bundle, location.id],
  ];
  const result = await host.commands.run(argv, { acceptedExitCodes: "any", signal });
  if (result.exitCode === 0) {
    return {
      notes: [
        ...(withCgroups ? [] : ["The host's cgroups cannot be written: the memory limit does not apply."]),
        ...(withCgroupfs
          ? [
              "This gVisor has the cgroup controllers cpu and memory only, and their mounts are writable in each profile.",
            ]
          : []),
      ],
    };
  }
  const said = `${result.stderr}\n${(await host.files.readTextIfPresent(location.startLog)) ?? ""}`.trim();
  throw new SandkubeError({
    title: "gVisor did not start",
    message: `runsc could not start sandbox "${location.name}" (exit code ${String(result.exitCode)}):\n  ${said.split("\n").slice(-15).join("\n  ")}`,
    hint: `Try another version of gVisor, or see what this one needs: ${runsc.path} --version`,
    exit: "unsupported",
  });
}

async function overlayFlags(
  host: Host,
  runsc: Runsc,
  overlay: SandboxOverlay,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (overlay === "none") return ["--overlay2=none"];
  // Newer versions make the overlay without being told; 2022-12 only when told, and knows no `self`.
  return (await flagsOf(host, runsc, signal)).includes("(default root:self)") ? [] : ["--overlay2=root:memory"];
}

/** 2022-12 makes no cgroup mounts unless told; the flag does nothing since. */
async function needsCgroupfsFlag(host: Host, runsc: Runsc, signal: AbortSignal): Promise<boolean> {
  return runsc.platform === "ptrace" && (await flagsOf(host, runsc, signal)).includes("-cgroupfs");
}

async function flagsOf(host: Host, runsc: Runsc, signal: AbortSignal): Promise<string> {
  const result = await host.commands.run([runsc.path, "flags"], { acceptedExitCodes: "any", signal });
  return `${result.stdout}\n${result.stderr}`;
}
