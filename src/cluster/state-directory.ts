import { join, resolve } from "node:path";
import type { Host } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { defaultClusterName } from "./cluster-options.ts";

/** A datastore, logs and configuration of a new cluster need about this much (bytes). */
const neededBytes = 64 * 1024 * 1024;

/** Where the clusters of this user live. */
export function clustersDirectory(host: Host): string {
  const { environment } = host;
  if (process.getuid?.() === 0) return "/var/lib/sandkube/clusters";
  const home = environment["HOME"] ?? "/";
  return join(environment["XDG_STATE_HOME"] ?? join(home, ".local/state"), "sandkube/clusters");
}

/** What a command that was killed may have left in a state directory before there was a record. */
const leftovers = /^(\.probe|\.sandkube-probe-|cluster\.json)/;

/** The state directory of a cluster. */
export function stateDirectoryOf(name: string, host: Host): string {
  return join(clustersDirectory(host), name);
}

/** Which cluster the flags mean, and where it lives. */
export function locateCluster(
  name: string | undefined,
  stateDirectory: string | undefined,
  host: Host,
): { readonly name: string; readonly stateDirectory: string } {
  const chosen = name ?? defaultClusterName;
  return {
    name: chosen,
    stateDirectory: stateDirectory === undefined ? stateDirectoryOf(chosen, host) : resolve(stateDirectory),
  };
}

/**
 * Makes a state directory (0700) and checks that it can be used.
 *
 * @throws SandkubeError (storage) where it is not writable, or too full; (usage) where it is too deep for a unix
 *   socket's path, or holds something that is not ours: `down` removes all that is in it
 */
export async function makeStateDirectory(path: string, host: Host): Promise<void> {
  // sockaddr_un holds 108 bytes (unix(7)); the longest socket below is kubelet/pod-resources/kubelet.sock.
  if (path.length > 70) {
    throw new SandkubeError({
      title: "The state directory's path is too long",
      message: `${path} has ${String(path.length)} characters; sockets below it leave room for 70.`,
      hint: "Choose a shorter path with --state-dir.",
      exit: "usage",
    });
  }
  await refuseForeign(path, host);
  try {
    await host.files.makeDirectory(path, { mode: 0o700 });
    await host.files.setMode(path, 0o700);
    await host.files.write(join(path, ".probe"), "");
    await host.files.remove(join(path, ".probe"));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SandkubeError({
      title: "The state directory cannot be used",
      message: `${path}: ${explain(code) ?? (error as Error).message}`,
      hint: "Choose another with --state-dir.",
      exit: "storage",
      cause: error,
    });
  }
  const { freeBytes } = await host.files.fileSystem(path);
  if (freeBytes < neededBytes) {
    throw new SandkubeError({
      title: "The state directory's filesystem is full",
      message: `${path} has ${String(Math.floor(freeBytes / 1048576))} MiB left; a new cluster needs ${String(neededBytes / 1048576)} MiB.`,
      hint: "Free some space, or choose another place with --state-dir.",
      exit: "storage",
    });
  }
}

/** Refuses a directory with things of somebody else in it: /tmp, or a home directory. */
async function refuseForeign(path: string, host: Host): Promise<void> {
  const names = (await host.files.list(path).catch(() => undefined)) ?? []; // what cannot be listed cannot be used
  const foreign = names.filter((name) => !leftovers.test(name));
  if (foreign.length === 0 || names.includes("cluster.json")) return;
  throw new SandkubeError({
    title: "The state directory is not empty",
    message: `${path} holds no cluster, but ${foreign.slice(0, 3).join(", ")}${foreign.length > 3 ? ", ..." : ""}`,
    hint: "Choose an empty directory, or one that is not there yet, with --state-dir.",
    exit: "usage",
  });
}

function explain(code: string | undefined): string | undefined {
  switch (code) {
    case "EACCES":
    case "EPERM":
      return "it is not writable for this user";
    case "EROFS":
      return "it is on a read-only filesystem";
    case "ENOSPC":
      return "its filesystem is full";
    case "ENOTDIR":
    case "EEXIST":
      return "something on its path is not a directory";
    default:
      return undefined;
  }
}
