import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import type { Files, Host } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";

/**
 * The directory of everything that can be made again: $SANDKUBE_CACHE_DIR,
 * $XDG_CACHE_HOME/sandkube or ~/.cache/sandkube (the XDG base directory specification).
 *
 * @throws SandkubeError (usage) where $SANDKUBE_CACHE_DIR is relative
 */
export function cacheDirectory(environment: Host["environment"]): string {
  const own = environment["SANDKUBE_CACHE_DIR"];
  if (own !== undefined && own !== "") {
    if (isAbsolute(own)) return own;
    throw new SandkubeError({
      title: "The cache directory is not an absolute path",
      message: `SANDKUBE_CACHE_DIR is "${own}".`,
      exit: "usage",
    });
  }
  const shared = environment["XDG_CACHE_HOME"];
  // The specification says that a relative path is to be ignored.
  if (shared !== undefined && isAbsolute(shared)) return join(shared, "sandkube");
  return join(environment["HOME"] ?? homedir(), ".cache", "sandkube");
}

/** The part of the cache that holds artifacts: one directory an entry. */
export function artifactDirectory(environment: Host["environment"]): string {
  return join(cacheDirectory(environment), "artifacts");
}

/**
 * Makes a directory where that is allowed, and says whether it can be written
 * to. A cache mounted into a sandbox is read-only: then it is only used.
 *
 * @throws SandkubeError (storage) where it can be neither made nor found
 */
export async function makeWritable(directory: string, files: Files): Promise<boolean> {
  try {
    await files.makeDirectory(directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EROFS" || code === "EACCES" || code === "EPERM") return false;
    throw new SandkubeError({
      title: "The cache directory cannot be made",
      message: `${directory}: ${error instanceof Error ? error.message : String(error)}`,
      hint: "Set SANDKUBE_CACHE_DIR to a directory that can be written to.",
      exit: "storage",
      cause: error,
    });
  }
  return files.isWritable(directory);
}
