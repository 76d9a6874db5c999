import { dirname } from "node:path";
import type { Files } from "../contract/host.ts";

/** The path itself, or the nearest directory above it that exists. */
export async function existingAncestor(files: Files, path: string): Promise<string> {
  for (let current = path; ; current = dirname(current)) {
    const status = await files.status(current);
    if (status?.kind === "directory" || current === dirname(current)) return current;
  }
}
