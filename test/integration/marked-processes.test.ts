import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Host, ProcessStatus } from "../../src/contract/host.ts";
import { localHost } from "../../src/host/local-host.ts";
import { waitUntil } from "../../src/host/wait-until.ts";
import { clusterMarker, findMarkedProcesses, killMarkedProcesses } from "../../src/supervisor/marked-processes.ts";

const host = localHost();
const PATH = "/usr/sbin:/usr/bin:/sbin:/bin";
let directory = "";
let id = "";
let children: ChildProcess[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "sandkube-marked-"));
  id = `test-${String(process.pid)}-${String(performance.now())}`;
  children = [];
});

afterEach(async () => {
  await killMarkedProcesses(id, host, 10_000);
  for (const child of children) child.kill("SIGKILL");
  await rm(directory, { recursive: true, force: true });
});

async function start(argv: [string, ...string[]], marker: string | undefined): Promise<number> {
  const [file, ...rest] = argv;
  const child = spawn(file, rest, {
    stdio: "ignore",
    env: marker === undefined ? { PATH } : { PATH, [clusterMarker]: marker },
  });
  children.push(child);
  await once(child, "spawn");
  return child.pid ?? 0;
}

function program(name: string): string {
  return fileURLToPath(new URL(`../fixtures/programs/${name}`, import.meta.url));
}

/** The number that a program wrote down. */
async function numberIn(path: string): Promise<number> {
  const { text } = await waitUntil(
    async () => {
      const text = await host.files.readTextIfPresent(path);
      return text === undefined ? { ok: false as const, because: "no file" } : { ok: true as const, text };
    },
    { clock: host.clock, what: path, timeout: 30_000, interval: 10 },
  );
  return Number(text);
}

async function found(): Promise<number[]> {
  return (await findMarkedProcesses(id, host)).map(({ pid }) => pid);
}

describe("findMarkedProcesses", () => {
  it("finds a process with the marker, and none with another's", async () => {
    const ours = await start(["sleep", "600"], id);
    await start(["sleep", "600"], `${id}-other`);
    await start(["sleep", "600"], undefined);
    expect(await found()).toEqual([ours]);
  });

  it("finds a grandchild that has no marker of its own", async () => {
    const path = join(directory, "pid");
    const top = await start([program("drops-marker.sh"), path], id);
    const grandchild = await numberIn(path);
    expect((await host.processes.environment(grandchild))?.[clusterMarker]).toBeUndefined();
    const all = await found();
    expect(all).toContain(top);
    expect(all).toContain(grandchild);
  });

  it("finds one that has got another parent", async () => {
    const path = join(directory, "pid");
    await start([program("re-parented.sh"), path], id);
    const orphan = await numberIn(path);
    await waitUntil(
      async () => {
        const parent = (await host.processes.status(orphan))?.parent;
        return children.some(({ pid }) => pid === parent) ? { ok: false, because: "it has its parent" } : { ok: true };
      },
      { clock: host.clock, what: "another parent", timeout: 30_000, interval: 10 },
    );
    expect(await found()).toEqual([orphan]);
  });

  it("finds what is below a marked process, in whatever order the table has it", async () => {
    const entry = (pid: number, parent: number): ProcessStatus => ({
      pid,
      parent,
      startTicks: pid,
      processGroup: pid,
      name: "x",
      zombie: false,
      stopped: false,
      rssBytes: 0,
      cpuMs: 0,
    });
    const table = [entry(5, 4), entry(4, 3), entry(3, 2), entry(2, 1), entry(9, 1)];
    const fake = {
      ...host,
      processes: {
        ...host.processes,
        list: () => Promise.resolve(table),
        self: () => Promise.resolve({ pid: 4, startTicks: 4 }),
        environment: (pid: number) => Promise.resolve(pid === 2 ? { [clusterMarker]: id } : {}),
      },
    } as Host;
    // 4 is the caller itself: never listed, though it is below the marked one.
    expect((await findMarkedProcesses(id, fake)).map(({ pid }) => pid)).toEqual([5, 3, 2]);
  });

  it("leaves out zombies, which nothing can kill", async () => {
    const child = spawn("sh", ["-c", "true & exec env -i sleep 600"], {
      stdio: "ignore",
      env: { PATH, [clusterMarker]: id },
    });
    children.push(child);
    await waitUntil(
      async () => {
        const zombies = (await host.processes.list()).filter(({ parent, zombie }) => parent === child.pid && zombie);
        return zombies.length === 1 ? { ok: true } : { ok: false, because: "no zombie" };
      },
      { clock: host.clock, what: "a zombie", timeout: 30_000, interval: 10 },
    );
    expect(await found()).toEqual([]);
  });
});

describe("killMarkedProcesses", () => {
  it("ends them all, also those that ignore TERM, and nobody else", async () => {
    const path = join(directory, "pid");
    const orphan = join(directory, "orphan");
    const ready = join(directory, "ready");
    await start([program("drops-marker.sh"), path], id);
    await start([program("re-parented.sh"), orphan], id);
    await start([program("ignores-term.sh"), ready], id);
    const bystander = await start(["sleep", "600"], `${id}-other`);
    const pids = await Promise.all([path, orphan, ready].map(numberIn));
    expect(await killMarkedProcesses(id, host, 30_000)).toEqual([]);
    expect(await found()).toEqual([]);
    for (const pid of pids) {
      const status = await host.processes.status(pid);
      expect(status === undefined || status.zombie, String(pid)).toBe(true);
    }
    expect((await host.processes.status(bystander))?.zombie).toBe(false);
  });

  it("waits for one that has given its marker back and still ends", async () => {
    await start(["sleep", "600"], id);
    let looked = 0;
    const slow: Host = {
      ...host,
      processes: new Proxy(host.processes, {
        get: (target, key) =>
          key === "isAlive"
            ? () => Promise.resolve((looked += 1) < 3)
            : (Reflect.get(target, key) as () => unknown).bind(target),
      }),
    };
    expect(await killMarkedProcesses(id, slow, 30_000)).toEqual([]);
    expect(looked).toBe(3);
  });

  it("returns those that would not die when the time is over", async () => {
    const pid = await start(["sleep", "600"], id);
    let now = 0;
    const unable: Host = {
      ...host,
      processes: Object.assign(Object.create(host.processes) as Host["processes"], {
        signal: () => Promise.resolve(true),
      }),
      clock: { ...host.clock, monotonic: () => (now += 400) },
    };
    expect((await killMarkedProcesses(id, unable, 1000)).map((identity) => identity.pid)).toEqual([pid]);
  });

  it("has nothing to do where there is nothing", async () => {
    expect(await killMarkedProcesses(id, host, 0)).toEqual([]);
  });
});
