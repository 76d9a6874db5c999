import { defaultMemoryBytes, type SandboxMount, type SandboxProfile } from "./sandbox-options.ts";
import { profiles } from "./profile.ts";

/** The process part of an OCI runtime specification, also what `runsc exec --process` reads. */
export interface OciProcess {
  readonly terminal: boolean;
  readonly user: { readonly uid: number; readonly gid: number };
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: readonly string[];
  readonly capabilities: Readonly<Record<"bounding" | "effective" | "permitted", readonly string[]>>;
}

/** One mount of an OCI runtime specification. */
export interface OciMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

/** As much of an OCI runtime specification (config.json) as we write. */
export interface OciSpec {
  readonly ociVersion: string;
  readonly process: OciProcess;
  readonly root: { readonly path: string; readonly readonly: boolean };
  readonly hostname: string;
  readonly mounts: readonly OciMount[];
  readonly linux: {
    readonly cgroupsPath: string;
    readonly resources: { readonly memory: { readonly limit: number } };
    readonly namespaces: readonly { readonly type: string; readonly path?: string }[];
  };
}

/** What {@link bundleSpec} is made from. */
export interface BundleInput {
  readonly id: string;
  readonly name: string;
  readonly profile: SandboxProfile;
  readonly rootfs: string;
  /** The file that holds the network namespace. */
  readonly networkNamespace: string;
  readonly memoryBytes?: number | undefined;
  /** The host's directories with programs and libraries: /usr, and /bin and its like where they are not links. */
  readonly systemDirectories: readonly string[];
  readonly mounts: readonly SandboxMount[];
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * The first process does nothing but reap: daemons started by `exec` become its
 * children. It starts another sleep where somebody ends the first one, as the
 * sandbox ends with its first process.
 */
const initScript = "while :; do sleep infinity & wait; done";

/** The environment that every process of a sandbox starts with. */
export const baseEnvironment: Readonly<Record<string, string>> = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/root",
  USER: "root",
  LOGNAME: "root",
  SHELL: "/bin/bash",
  LANG: "C.UTF-8",
  TERM: "xterm",
};

/** Describes a process of a sandbox: root, with the profile's capabilities. */
export function ociProcess(input: {
  readonly profile: SandboxProfile;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly terminal: boolean;
}): OciProcess {
  const { capabilities } = profiles[input.profile];
  return {
    terminal: input.terminal,
    user: { uid: 0, gid: 0 },
    args: input.argv,
    cwd: input.cwd,
    env: Object.entries({ ...baseEnvironment, ...input.environment }).map(([name, value]) => `${name}=${value}`),
    // Inheritable and ambient stay empty: that is what agents' sandboxes show in /proc/self/status.
    capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
  };
}

/** Writes the OCI runtime specification of a sandbox. */
export function bundleSpec(input: BundleInput): OciSpec {
  const profile = profiles[input.profile];
  return {
    ociVersion: "1.0.2",
    process: ociProcess({
      profile: input.profile,
      argv: ["/bin/sh", "-c", initScript],
      cwd: "/",
      environment: input.environment,
      terminal: false,
    }),
    root: { path: input.rootfs, readonly: false },
    hostname: input.name,
    mounts: [
      { destination: "/proc", type: "proc", source: "proc", options: [] },
      // gVisor fills /dev itself; /dev/kmsg is not among what it makes.
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755"] },
      {
        destination: "/dev/pts",
        type: "devpts",
        source: "devpts",
        options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"],
      },
      { destination: "/dev/shm", type: "tmpfs", source: "shm", options: ["nosuid", "nodev", "mode=1777"] },
      {
        destination: "/sys",
        type: "sysfs",
        source: "sysfs",
        options: ["nosuid", "noexec", "nodev", profile.sysWritable ? "rw" : "ro"],
      },
      // A tmpfs with a mount for each cgroup v1 controller that gVisor has.
      {
        destination: "/sys/fs/cgroup",
        type: "cgroup",
        source: "cgroup",
        options: ["nosuid", "noexec", "nodev", "relatime", profile.cgroupsWritable ? "rw" : "ro"],
      },
      ...input.systemDirectories.map((path) => readOnlyMount({ source: path, target: path })),
      ...input.mounts.map(readOnlyMount),
    ],
    linux: {
      cgroupsPath: `/${input.id}`,
      resources: { memory: { limit: input.memoryBytes ?? defaultMemoryBytes } },
      namespaces: [
        { type: "pid" },
        { type: "ipc" },
        { type: "uts" },
        { type: "mount" },
        { type: "network", path: input.networkNamespace },
      ],
    },
  };
}

function readOnlyMount(mount: SandboxMount): OciMount {
  return { destination: mount.target, type: "bind", source: mount.source, options: ["rbind", "ro"] };
}
