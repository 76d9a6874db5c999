import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { defaultStateRoot } from "./sandbox-options.ts";

/** Where everything of one sandbox is, derived from its name and the state root alone. */
export interface SandboxLocation {
  readonly name: string;
  readonly stateRoot: string;
  readonly directory: string;
  /** The state file, sandbox.json. */
  readonly stateFile: string;
  /** Holds config.json (OCI runtime specification). */
  readonly bundle: string;
  readonly rootfs: string;
  /** runsc's --root. */
  readonly runscRoot: string;
  /** What `runsc run` printed. */
  readonly startLog: string;
  /** What gVisor's kernel says when it panics; empty otherwise. */
  readonly panicLog: string;
  readonly pidFile: string;
  /**
   * The runsc container id, the network namespace's name, the cgroup's name and
   * the comment of the firewall rules. It holds a digest of the whole path, as
   * sandboxes of two state roots may have one name.
   */
  readonly id: string;
  /** The host's end of the veth pair; at most 15 characters (IFNAMSIZ). */
  readonly link: string;
}

/** Every link of ours starts with it. */
export const linkPrefix = "skv-";

const namePattern = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/;

/**
 * Finds the places of a sandbox, whether it exists or not.
 *
 * @throws SandkubeError (usage) where the name is not usable as a host name
 */
export function locateSandbox(name: string, stateRoot: string = defaultStateRoot): SandboxLocation {
  if (!namePattern.test(name)) {
    throw new SandkubeError({
      title: "Not a sandbox name",
      message: `"${name}" cannot name a sandbox.`,
      hint: "Use 1 to 40 lower-case letters, digits and inner dashes, such as dev-1.",
      exit: "usage",
    });
  }
  const root = resolve(stateRoot);
  const directory = join(root, name);
  const tag = createHash("sha256").update(directory).digest("hex").slice(0, 8);
  return {
    name,
    stateRoot: root,
    directory,
    stateFile: join(directory, "sandbox.json"),
    bundle: join(directory, "bundle"),
    rootfs: join(directory, "rootfs"),
    runscRoot: join(directory, "runsc"),
    startLog: join(directory, "start.log"),
    panicLog: join(directory, "panic.log"),
    pidFile: join(directory, "pid"),
    id: `sandkube-${name}-${tag}`,
    link: `${linkPrefix}${tag}`,
  };
}
