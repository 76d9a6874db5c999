/**
 * The exit codes of every command, listed for users in docs/exit-codes.md.
 * A code names the kind of failure, so that a script can tell "try again
 * later" from "this machine cannot".
 */
export const exitCode = {
  ok: 0,
  /** A bug of ours: something no rule foresaw. */
  internal: 1,
  /** A flag, an argument or a config file is wrong. */
  usage: 2,
  /** This machine cannot do it: a privilege, a tool or a kernel feature is missing. */
  unsupported: 3,
  /** The named cluster, sandbox, image or component does not exist. */
  notFound: 4,
  /** Somebody else holds what is needed: a lock, a name, a port. */
  conflict: 5,
  /** A bounded wait ran out; the message carries the last reason seen. */
  timeout: 6,
  /** A component of the cluster stopped or could not start. */
  component: 7,
  /** A binary could not be built, found or verified. */
  artifact: 8,
  /** A file or directory could not be read or written, or is full or damaged. */
  storage: 9,
  /** What sandkube claims of the cluster was seen not to be so. */
  refuted: 10,
  /** Not everything that sandkube claims of the cluster could be proved; nothing was refuted. */
  inconclusive: 11,
  /** Interrupted by the user. */
  interrupted: 130,
} as const;

/** The name of an exit code. */
export type ExitCodeName = keyof typeof exitCode;
