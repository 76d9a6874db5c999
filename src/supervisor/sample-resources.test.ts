import { describe, expect, it } from "vitest";
import type { Host, ProcessIdentity, ProcessStatus } from "../contract/host.ts";
import type { ResourceHistory } from "./resource-history.ts";
import { sampleResources } from "./sample-resources.ts";

/** A machine on which each look finds what the test says, until it says no more. */
function machine(looks: readonly (readonly ProcessStatus[])[], abort: AbortController, refuse = false): Machine {
  const writes: { path: string; mode: number | undefined; history: ResourceHistory }[] = [];
  let look = 0;
  const host = {
    clock: {
      now: () => 1_800_000_000_000,
      monotonic: () => look * 5000,
      sleep: () => {
        look++;
        if (look === looks.length) abort.abort();
        return Promise.resolve();
      },
    },
    processes: { status: (pid: number) => Promise.resolve(looks[look]?.find((entry) => entry.pid === pid)) },
    files: {
      write: (path: string, data: string, options?: { mode?: number }) => {
        if (refuse) return Promise.reject(new Error("ENOSPC"));
        writes.push({ path, mode: options?.mode, history: JSON.parse(data) as ResourceHistory });
        return Promise.resolve();
      },
    },
  };
  const running = (): ReadonlyMap<string, ProcessIdentity> =>
    new Map((looks[look] ?? []).map((entry) => [entry.name, entry]));
  return { host: host as unknown as Host, writes, running };
}

interface Machine {
  readonly host: Host;
  readonly writes: readonly { path: string; mode: number | undefined; history: ResourceHistory }[];
  readonly running: () => ReadonlyMap<string, ProcessIdentity>;
}

function process(name: string, startTicks: number, cpuMs: number, rssBytes = 1000): ProcessStatus {
  return { pid: 7, startTicks, parent: 1, processGroup: 7, name, zombie: false, stopped: false, rssBytes, cpuMs };
}

async function sample(looks: readonly (readonly ProcessStatus[])[], refuse = false): Promise<Machine> {
  const abort = new AbortController();
  const made = machine(looks, abort, refuse);
  await sampleResources(made.running, "/state/resources.json", made.host, abort.signal);
  return made;
}

describe("sampleResources", () => {
  it("counts on where a component was started again", async () => {
    const { writes } = await sample([
      [process("kine", 1, 100)],
      [process("kine", 1, 250)],
      [],
      [process("kine", 2, 20)],
      [process("kine", 3, 5)],
    ]);
    const { samples = [] } = writes.at(-1)?.history ?? {};
    expect(samples.map(({ usage }) => usage["kine"]?.cpuMs)).toEqual([100, 250, undefined, 270, 275]);
    expect(samples.map(({ at }) => at - 1_800_000_000_000)).toEqual([0, 5000, 10_000, 15_000, 20_000]);
  });

  it("writes for its owner's eyes alone, and seldom once the cluster is up", async () => {
    const { writes } = await sample(Array.from({ length: 60 }, (_, look) => [process("kine", 1, look)]));
    expect(new Set(writes.map(({ path, mode }) => `${path} ${String(mode)}`))).toEqual(
      new Set([`/state/resources.json ${String(0o600)}`]),
    );
    expect(writes).toHaveLength(6 + 9 + 1);
    expect(writes.at(-1)?.history.samples, "the end is written, too").toHaveLength(60);
  });

  it("goes on when the disk is full", async () => {
    const { writes } = await sample([[process("kine", 1, 1)], [process("kine", 1, 2)]], true);
    expect(writes).toEqual([]);
  });
});
