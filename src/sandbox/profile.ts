import type { SandboxProfile } from "./sandbox-options.ts";

/** What a profile lets a sandbox do. */
export interface ProfileDefinition {
  readonly capabilities: readonly string[];
  readonly sysWritable: boolean;
  readonly cgroupsWritable: boolean;
}

/** The capabilities of AI coding agents' web sandboxes, as measured; no others. */
const agentCapabilities = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETPCAP",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_ADMIN",
  "CAP_NET_RAW",
  "CAP_SYS_CHROOT",
  "CAP_SYS_PTRACE",
  "CAP_SYS_ADMIN",
  "CAP_MKNOD",
  "CAP_AUDIT_WRITE",
  "CAP_SETFCAP",
];

/**
 * Every capability that gVisor 2022-12 knows (pkg/abi/linux/capability.go);
 * it refuses names that it does not.
 */
const allCapabilities = [
  ...agentCapabilities,
  "CAP_DAC_READ_SEARCH",
  "CAP_LINUX_IMMUTABLE",
  "CAP_NET_BROADCAST",
  "CAP_IPC_LOCK",
  "CAP_IPC_OWNER",
  "CAP_SYS_MODULE",
  "CAP_SYS_RAWIO",
  "CAP_SYS_PACCT",
  "CAP_SYS_BOOT",
  "CAP_SYS_NICE",
  "CAP_SYS_RESOURCE",
  "CAP_SYS_TIME",
  "CAP_SYS_TTY_CONFIG",
  "CAP_LEASE",
  "CAP_AUDIT_CONTROL",
  "CAP_MAC_OVERRIDE",
  "CAP_MAC_ADMIN",
  "CAP_SYSLOG",
  "CAP_WAKE_ALARM",
  "CAP_BLOCK_SUSPEND",
  "CAP_AUDIT_READ",
];

/** The profiles by name. */
export const profiles: Readonly<Record<SandboxProfile, ProfileDefinition>> = {
  agent: { capabilities: agentCapabilities, sysWritable: false, cgroupsWritable: false },
  open: { capabilities: allCapabilities, sysWritable: true, cgroupsWritable: true },
};
