import type { Host, ProcessIdentity } from "../contract/host.ts";

const pattern = /^\.?sandkube-probe-(\d+)-(\d+)$/;

/** The name of what a probe makes and removes again; it tells whose it is, so that the next probe can remove what a killed one left. */
export function trialName({ pid, startTicks }: ProcessIdentity): string {
  return `sandkube-probe-${String(pid)}-${String(startTicks)}`;
}

/**
 * Removes what probes that were killed left in a directory; one that still runs keeps its own.
 * What cannot be removed stays: it is not what the probe asks about.
 */
export async function removeLeftTrials(
  directory: string,
  { files, processes }: Host,
  remove: (path: string) => Promise<void>,
): Promise<void> {
  const names = (await files.list(directory).catch(() => undefined)) ?? [];
  for (const name of names) {
    const [, pid, startTicks] = pattern.exec(name) ?? [];
    if (pid === undefined || startTicks === undefined) continue;
    if (await processes.isAlive({ pid: Number(pid), startTicks: Number(startTicks) })) continue;
    await remove(`${directory}/${name}`).catch(() => undefined);
  }
}
