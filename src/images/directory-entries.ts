import { join } from "node:path";
import { SandkubeError } from "../contract/sandkube-error.ts";
import type { Files } from "../contract/host.ts";
import type { LayerEntry } from "./layer.ts";

/**
 * What a layer with the content of a directory consists of. Modes and links are kept; everything belongs to root, so that
 * the image does not depend on who built it.
 *
 * @throws SandkubeError (notFound) where there is no such directory; (usage) where it holds what images do not, such as a socket
 */
export async function entriesOfDirectory(directory: string, files: Files): Promise<readonly LayerEntry[]> {
  const top = await files.status(directory);
  if (top?.kind !== "directory") {
    throw new SandkubeError({
      title: "No such directory",
      message: top === undefined ? `${directory} is not there.` : `${directory} is a ${top.kind}.`,
      hint: "Name the directory that is to be the image's root directory.",
      exit: "notFound",
    });
  }
  const entries: LayerEntry[] = [];
  const visit = async (inside: string): Promise<void> => {
    for (const name of (await files.list(join(directory, inside))) ?? []) {
      const path = join(inside, name);
      const source = join(directory, path);
      const status = await files.linkStatus(source);
      switch (status?.kind) {
        case "file":
          entries.push({ kind: "file", path, mode: status.mode, content: { source } });
          break;
        case "directory":
          entries.push({ kind: "directory", path, mode: status.mode });
          await visit(path);
          break;
        case "link":
          entries.push({ kind: "symbolic-link", path, target: await files.readLink(source) });
          break;
        default:
          throw notForImages(source, status?.kind ?? "file that vanished");
      }
    }
  };
  await visit("");
  return entries;
}

function notForImages(path: string, kind: string): SandkubeError {
  return new SandkubeError({
    title: "The directory cannot be made an image",
    message: `${path} is a ${kind}; an image built here holds files, directories and symbolic links.`,
    hint: "Remove it, or name another directory.",
    exit: "usage",
  });
}
