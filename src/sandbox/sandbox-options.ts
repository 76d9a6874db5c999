import type { Host } from "../contract/host.ts";
import type { Progress } from "../contract/progress.ts";

/**
 * What a sandbox may do. `agent` is what AI coding agents' web sandboxes give
 * (a short list of capabilities, read-only /sys and cgroups); `open` holds
 * nothing back that gVisor can give.
 */
export type SandboxProfile = "agent" | "open";

/**
 * What the root filesystem is. `none`: a 9p root whose writes land in the
 * sandbox's own directory. `default`: an overlay over it, as runsc makes when
 * it is told nothing.
 */
export type SandboxOverlay = "none" | "default";

/**
 * Whose network stack a sandbox has. `sandbox`: gVisor's own. `host`: the
 * kernel's, by its system calls; gVisor then has no further network namespaces
 * and no forwarding.
 */
export type SandboxNetworkStack = "sandbox" | "host";

/** How gVisor intercepts system calls. runsc 2022-12 works with `ptrace` only; the newer ones use `systrap`. */
export type SandboxPlatform = "systrap" | "ptrace" | "kvm";

/** A host path that a sandbox sees, read-only. */
export interface SandboxMount {
  /** Absolute path on the host: a file or a directory. */
  readonly source: string;
  /** Absolute path in the sandbox; must not lie below /usr, which is the host's. */
  readonly target: string;
}

/** A TCP port of the host that leads into a sandbox. */
export interface PublishedPort {
  /** The host's address that listens. */
  readonly address: string;
  readonly hostPort: number;
  /** The port in the sandbox, such as a Service's node port. */
  readonly sandboxPort: number;
}

/** What {@link createSandbox} makes. */
export interface CreateSandboxOptions {
  /** Lower-case letters, digits and inner dashes; at most 40 characters. */
  readonly name: string;
  /** What `list` shows for the gVisor version: a label such as `20260701`, or a path. */
  readonly gvisor: string;
  /** The runsc binary. */
  readonly runscPath: string;
  readonly platform: SandboxPlatform;
  readonly profile: SandboxProfile;
  /** Default: `none`. */
  readonly overlay?: SandboxOverlay;
  /** Default: `sandbox`. */
  readonly networkStack?: SandboxNetworkStack;
  /** Default: 8 GiB. */
  readonly memoryBytes?: number;
  /** Mounted read-only, in order. */
  readonly mounts?: readonly SandboxMount[];
  /** Set for every process of the sandbox. */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * Gives every process of the sandbox the proxies and CA bundles of this
   * process's environment: HTTP_PROXY, HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE,
   * NODE_EXTRA_CA_CERTS. Default: false.
   */
  readonly hostEgress?: boolean;
  /** What is published, for `list` to tell; whoever makes the sandbox serves it. */
  readonly published?: readonly PublishedPort[];
  /** Where sandboxes live. Default: {@link defaultStateRoot}. */
  readonly stateRoot?: string;
}

/** What the functions of sandbox/ need to work. */
export interface SandboxContext {
  readonly host: Host;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** The directory that holds a directory for each sandbox. */
export const defaultStateRoot = "/var/lib/sandkube/sandboxes";

/** 8 GiB, what agents' web sandboxes have. */
export const defaultMemoryBytes = 8 * 1024 ** 3;
