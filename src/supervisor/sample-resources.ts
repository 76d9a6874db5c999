import type { Host, ProcessIdentity } from "../contract/host.ts";
import { addSample, emptyHistory, type ResourceHistory, type ResourceSample } from "./resource-history.ts";

/** Milliseconds from one look to the next. */
const lookInterval = 5000;
/** Looks from one write to the next, but for the first: each costs a sync of the disk. */
const looksPerWrite = 6;

/**
 * Looks every few seconds at what processes use, and keeps it in a file of
 * bounded size, until the signal. A file that cannot be written is no reason to
 * end a cluster.
 *
 * @param processes those that run at the moment, by name
 */
export async function sampleResources(
  processes: () => ReadonlyMap<string, ProcessIdentity>,
  path: string,
  { clock, processes: table, files }: Host,
  signal: AbortSignal,
): Promise<void> {
  const meter = new ResourceMeter();
  const startedAt = clock.now();
  const start = clock.monotonic();
  let history = emptyHistory(startedAt, lookInterval);
  const write = (written: ResourceHistory): Promise<void> =>
    files.write(path, JSON.stringify(written), { mode: 0o600 }).catch(() => undefined);
  for (let look = 0; !signal.aborted; look++) {
    history = addSample(history, await meter.read(processes(), table, startedAt + clock.monotonic() - start));
    if (look < looksPerWrite || look % looksPerWrite === 0) await write(history);
    await clock.sleep(lookInterval, signal).catch(() => undefined);
  }
  await write(history);
}

/** Reads what processes use. Their processor time goes on counting where one is started again. */
class ResourceMeter {
  readonly #lives = new Map<string, { readonly startTicks: number; readonly before: number; readonly cpuMs: number }>();

  async read(
    processes: ReadonlyMap<string, ProcessIdentity>,
    table: Host["processes"],
    at: number,
  ): Promise<ResourceSample> {
    const usage: ResourceSample["usage"] = {};
    for (const [name, { pid, startTicks }] of processes) {
      const status = await table.status(pid);
      if (status?.startTicks !== startTicks || status.zombie) continue;
      const life = this.#lives.get(name);
      const before = life === undefined ? 0 : life.startTicks === startTicks ? life.before : life.before + life.cpuMs;
      this.#lives.set(name, { startTicks, before, cpuMs: status.cpuMs });
      usage[name] = { rssBytes: status.rssBytes, cpuMs: before + status.cpuMs };
    }
    return { at, usage };
  }
}
