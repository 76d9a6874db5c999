import { dirname } from "node:path";
import type { ClusterSpec } from "../contract/cluster-spec.ts";
import type { ProcessSpec } from "../contract/component.ts";
import type { Host } from "../contract/host.ts";
import { stateLayout } from "../contract/state-layout.ts";

/**
 * The command line of a component for which other files lie in place of those
 * under /proc/sys, which are written here. The redirector becomes the component:
 * its process, its exit status and its memory are the component's own.
 */
export async function underRedirector(
  argv: ProcessSpec["argv"],
  supplied: Readonly<Record<string, string>>,
  spec: ClusterSpec,
  host: Host,
): Promise<ProcessSpec["argv"]> {
  const directory = stateLayout(spec.stateDirectory).suppliedTunables;
  await host.files.remove(directory);
  for (const [path, content] of Object.entries(supplied)) {
    await host.files.makeDirectory(dirname(`${directory}/${path}`));
    await host.files.write(`${directory}/${path}`, content, { mode: 0o644 });
  }
  return [spec.binaries["proc-sys-redirector"], "--from=/proc/sys", `--to=${directory}`, "--", ...argv];
}
