import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { step } from "../contract/progress.ts";
import { stateLayout } from "../contract/state-layout.ts";
import { inspectImageArchive } from "../images/image-archive.ts";
import { importImages, type ImportedImage } from "../images/import-images.ts";
import { nodeContainerd } from "./node-containerd.ts";
import type { Session } from "./session.ts";

/** The answer of `sandkube load --output json`. */
export interface LoadReport {
  readonly schema: "sandkube.dev/load/v1";
  readonly images: readonly ImportedImage[];
}

/**
 * Checks image archives and gives them to the node's containerd.
 *
 * @param archives paths; `-` is what comes from the input, which is kept in the state directory while it is read
 * @throws SandkubeError (usage) where a file is not an image archive, (notFound) where there is no node, (storage) where the input cannot be kept
 */
export async function loadImages(
  name: string,
  stateDirectory: string,
  archives: readonly string[],
  input: Readable,
  session: Session,
): Promise<LoadReport> {
  const { host, signal, progress } = session;
  const { spec, containerd } = await nodeContainerd(name, stateDirectory, session);
  const { pid } = await host.processes.self();
  const kept = `${stateLayout(spec.stateDirectory).runtime}/input-${String(pid)}.tar`;
  try {
    if (archives.includes("-")) await step(progress, "Reading the input", () => keep(input, kept, session));
    const paths = archives.map((path) => (path === "-" ? kept : path));
    for (const path of paths) {
      await step(progress, `Checking ${path === kept ? "the input" : path}`, () =>
        inspectImageArchive(path, host, { signal }),
      );
    }
    const images = await step(progress, "Importing", () =>
      importImages(
        containerd,
        paths.map((path) => ({ path })),
      ),
    );
    return { schema: "sandkube.dev/load/v1", images };
  } finally {
    await host.files.remove(kept).catch(() => undefined);
  }
}

async function keep(input: Readable, path: string, { host, signal }: Session): Promise<void> {
  try {
    await pipeline(input, host.files.openWrite(path, { mode: 0o600 }), { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw new SandkubeError({
      title: "The input cannot be kept",
      message: `${path}: ${error instanceof Error ? error.message : String(error)}`,
      hint: "An archive from the input is kept in the state directory while it is read. Free some space there, or name a file.",
      exit: "storage",
      cause: error,
    });
  }
}
