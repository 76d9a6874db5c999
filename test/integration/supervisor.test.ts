import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ClusterSpec } from "../../src/contract/cluster-spec.ts";
import type { ComponentName } from "../../src/contract/component-name.ts";
import type { Component, ComponentHealth } from "../../src/contract/component.ts";
import type { Host, ProcessIdentity } from "../../src/contract/host.ts";
import { localHost } from "../../src/host/local-host.ts";
import { waitUntil } from "../../src/host/wait-until.ts";
import { killMarkedProcesses } from "../../src/supervisor/marked-processes.ts";
import {
  readSupervisorState,
  supervisorStateSchema,
  type ComponentState,
  type SupervisorState,
} from "../../src/supervisor/supervisor-state.ts";
import { Supervisor, type SupervisedTask } from "../../src/supervisor/supervisor.ts";
import { testSpec } from "../fixtures/cluster-spec.ts";
import { shortClock } from "../fixtures/short-clock.ts";

const real = localHost();
const environment = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
let directory = "";
let spec: ClusterSpec;
let abort: AbortController;
let running: Promise<void> | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "sandkube-supervisor-"));
  spec = testSpec(directory);
  abort = new AbortController();
  running = undefined;
});

afterEach(async () => {
  abort.abort(new Error("the test is over"));
  await running;
  expect(await killMarkedProcesses(spec.id, real, 10_000)).toEqual([]);
  await rm(directory, { recursive: true, force: true });
});

/** A component that is ready when the program has written its file. */
function component(
  name: ComponentName,
  program: string,
  change: { after?: ComponentName[]; probe?: () => Promise<ComponentHealth> } = {},
): Component {
  const ready = readyFile(name);
  const path = fileURLToPath(new URL(`../fixtures/programs/${program}`, import.meta.url));
  const words = [ready, orderFile(), name];
  return {
    name,
    after: change.after ?? [],
    prepare: () =>
      Promise.resolve({ argv: program.endsWith(".mjs") ? [process.execPath, path, ...words] : [path, ...words] }),
    probe:
      change.probe ??
      (async () =>
        (await real.files.status(ready)) === undefined
          ? { ok: false, because: `${name} has not written its file` }
          : { ok: true }),
  };
}

function readyFile(name: ComponentName): string {
  return join(directory, `${name}.ready`);
}

function orderFile(): string {
  return join(directory, "order");
}

function supervise(
  components: readonly Component[],
  host: Host = real,
  tasks: readonly SupervisedTask[] = [],
): Supervisor {
  const supervisor = new Supervisor({ spec, components, tasks, host, environment });
  running = supervisor.run(abort.signal).finally(() => supervisor.stop());
  return supervisor;
}

async function stop(): Promise<void> {
  abort.abort(new Error("stop"));
  await running;
}

function state(): Promise<SupervisorState | undefined> {
  return readSupervisorState(join(directory, "supervisor.json"), real.files);
}

async function until(
  name: ComponentName,
  what: string,
  holds: (state: ComponentState) => boolean,
): Promise<ComponentState> {
  const { found } = await waitUntil(
    async () => {
      const found = (await state())?.components.find((entry) => entry.name === name);
      return found !== undefined && holds(found)
        ? { ok: true as const, found }
        : { ok: false as const, because: JSON.stringify(found) };
    },
    { clock: real.clock, what: `${name}: ${what}`, timeout: 60_000, interval: 20 },
  );
  return found;
}

async function untilEnded(identity: ProcessIdentity): Promise<void> {
  await waitUntil(
    async () => ((await real.processes.isAlive(identity)) ? { ok: false, because: "it lives" } : { ok: true }),
    { clock: real.clock, what: `the end of process ${String(identity.pid)}`, timeout: 30_000, interval: 20 },
  );
}

const isReady = ({ state }: ComponentState): boolean => state === "ready";
const isBackoff = (milliseconds: number): boolean =>
  milliseconds >= 500 && milliseconds % 500 === 0 && milliseconds !== 5000;

describe("a launcher", () => {
  it("starts the component it is for in the place of its own command line, and no other", async () => {
    spec = { ...spec, launchers: { kine: ["env", "LAUNCHED=yes"] } };
    supervise([component("kine", "well-behaved.mjs"), component("kube-apiserver", "well-behaved.mjs")]);
    const launched = async (name: ComponentName): Promise<string | undefined> => {
      const { process: identity } = await until(name, "ready", isReady);
      return (await real.processes.environment(identity?.pid ?? 0))?.["LAUNCHED"];
    };
    expect(await launched("kine")).toBe("yes");
    expect(await launched("kube-apiserver")).toBeUndefined();
  });
});

describe("order", () => {
  it("starts each when what comes before it is ready, and stops in reverse", async () => {
    supervise([
      component("kine", "well-behaved.mjs"),
      component("kube-apiserver", "well-behaved.mjs", { after: ["kine"] }),
      component("kube-scheduler", "well-behaved.mjs", { after: ["kube-apiserver"] }),
    ]);
    await until("kube-scheduler", "ready", isReady);
    await stop();
    expect((await readFile(orderFile(), "utf8")).trim().split("\n")).toEqual([
      "start kine",
      "start kube-apiserver",
      "start kube-scheduler",
      "stop kube-scheduler",
      "stop kube-apiserver",
      "stop kine",
    ]);
    const after = await state();
    expect(after?.phase).toBe("stopping");
    expect(after?.components.map((entry) => [entry.state, entry.process])).toEqual([
      ["stopped", undefined],
      ["stopped", undefined],
      ["stopped", undefined],
    ]);
  });

  it("keeps the boot and what was last on the timeline, however much there was between", async () => {
    const supervisor = supervise([]);
    for (let index = 0; index < 250; index++)
      await supervisor.prepare(`stretch ${String(index)}`, () => Promise.resolve());
    await stop();
    const names = (await state())?.timeline.map(({ name }) => name) ?? [];
    expect(names).toHaveLength(100);
    expect(names.slice(0, 2)).toEqual(["stretch 0", "stretch 1"]);
    expect(names.at(-1)).toBe("stretch 249");
  });

  it("measures each start for the timeline", async () => {
    supervise([
      component("kine", "well-behaved.mjs"),
      component("kube-apiserver", "well-behaved.mjs", { after: ["kine"] }),
    ]);
    await until("kube-apiserver", "ready", isReady);
    const timeline = (await state())?.timeline ?? [];
    expect(timeline.map(({ name }) => name)).toEqual(["kine", "kube-apiserver"]);
    expect(timeline[0]?.end).toBeGreaterThan(timeline[0]?.start ?? 0);
    expect(timeline[1]?.start).toBeGreaterThanOrEqual(timeline[0]?.end ?? Number.POSITIVE_INFINITY);
  });

  it("does not start what comes after a component that never becomes ready, and says why", async () => {
    supervise([
      component("kine", "well-behaved.mjs", { probe: () => Promise.resolve({ ok: false, because: "no answer yet" }) }),
      component("kube-apiserver", "well-behaved.mjs", { after: ["kine"] }),
    ]);
    const stuck = await until("kine", "a reason", ({ because }) => because !== undefined);
    expect(stuck).toMatchObject({ state: "starting", because: "no answer yet", restarts: 0, failedStarts: 0 });
    // The program serves, though nobody believes it: what waits for it still does.
    await until("kine", "its process", ({ process }) => process !== undefined);
    await waitUntil(
      async () => ((await real.files.status(readyFile("kine"))) ? { ok: true } : { ok: false, because: "not started" }),
      { clock: real.clock, what: "kine's file", timeout: 30_000, interval: 20 },
    );
    expect((await state())?.components[1]).toEqual({
      name: "kube-apiserver",
      state: "waiting",
      restarts: 0,
      failedStarts: 0,
    });
    await stop();
    expect(await readFile(orderFile(), "utf8")).not.toContain("kube-apiserver");
  });
});

describe("a component that ends", () => {
  it("at once: is started again with a delay that grows up to a bound, and every failed start counts", async () => {
    const clock = shortClock(isBackoff);
    supervise([component("kine", "exits-at-once.sh")], { ...real, clock });
    const failed = await until("kine", "ten failed starts", ({ failedStarts }) => failedStarts >= 10);
    expect(failed.restarts).toBeGreaterThanOrEqual(9);
    const backingOff = await until("kine", "back-off", (entry) => entry.state === "backing-off");
    expect(backingOff).toMatchObject({ because: "exited with code 3" });
    expect(backingOff.process).toBeUndefined();
    await stop();
    const delays = clock.slept.filter(isBackoff);
    expect(delays.slice(0, 10)).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000]);
    const log = await readFile(join(directory, "logs/kine.log"), "utf8");
    expect(log.trim().split("\n").length).toBeGreaterThanOrEqual(10);
    expect(log).toContain("fatal: unknown flag: --frobnicate");
    // A start that failed has an end too: a timeline without one reads as "goes on".
    expect((await state())?.timeline.slice(0, 9).every(({ end }) => end !== undefined)).toBe(true);
  });

  it("after it was ready: is started again, and becomes ready again", async () => {
    supervise([component("kine", "well-behaved.mjs")], { ...real, clock: shortClock(isBackoff) });
    const first = await until("kine", "ready", isReady);
    await rm(readyFile("kine"));
    if (first.process === undefined) throw new Error("it has no process");
    await real.processes.signal(first.process, "SIGKILL");
    const second = await until("kine", "ready again", (entry) => entry.restarts === 1 && isReady(entry));
    expect(second.process?.pid).not.toBe(first.process.pid);
    expect(second).toMatchObject({ restarts: 1, failedStarts: 0 });
    expect(second.because).toBeUndefined();
  });

  it("is noticed though a probe gets no answer", async () => {
    supervise([component("kine", "exits-at-once.sh", { probe: () => new Promise(() => undefined) })], {
      ...real,
      clock: shortClock(isBackoff),
    });
    await until("kine", "two restarts", ({ restarts }) => restarts >= 2);
  });

  it("leaves no child behind in its group, which would hold what the next one needs", async () => {
    supervise([component("kine", "leaves-child.sh")], real);
    await until("kine", "its end", ({ restarts }) => restarts >= 1);
    const pid = Number(await readFile(readyFile("kine"), "utf8"));
    const status = await real.processes.status(pid);
    if (status !== undefined && !status.zombie) await untilEnded(status);
  });

  it("could not even be started: says why, and is tried again", async () => {
    const missing: Component = {
      ...component("kine", "exits-at-once.sh"),
      prepare: () => Promise.resolve({ argv: [join(directory, "no-such-program")] }),
    };
    supervise([missing], { ...real, clock: shortClock(isBackoff) });
    const failed = await until(
      "kine",
      "two failed starts",
      (entry) => entry.failedStarts >= 2 && entry.state === "backing-off",
    );
    expect(failed.because).toMatch(/could not be started: .*ENOENT/);
  });
});

describe("a component that is not well", () => {
  it("is called unhealthy with the reason, and ready again when it is", async () => {
    let health: ComponentHealth = { ok: true };
    supervise([component("kine", "well-behaved.mjs", { probe: () => Promise.resolve(health) })], {
      ...real,
      clock: shortClock((milliseconds) => milliseconds >= 1000),
    });
    const before = await until("kine", "ready", isReady);
    health = { ok: false, because: "the disk is slow" };
    const sick = await until("kine", "unhealthy", (entry) => entry.state === "unhealthy");
    expect(sick).toMatchObject({ because: "the disk is slow", restarts: 0, process: before.process });
    health = { ok: true };
    expect((await until("kine", "ready again", isReady)).because).toBeUndefined();
  });

  it("is called unhealthy while a signal holds it, whatever its probe says", async () => {
    supervise([component("kine", "well-behaved.mjs")], {
      ...real,
      clock: shortClock((milliseconds) => milliseconds >= 1000),
    });
    const { process: identity } = await until("kine", "ready", isReady);
    if (identity === undefined) throw new Error("it has no process");
    await real.processes.signal(identity, "SIGSTOP");
    const held = await until("kine", "unhealthy", (entry) => entry.state === "unhealthy");
    expect(held).toMatchObject({ because: "a signal holds it (SIGSTOP)", restarts: 0 });
    await real.processes.signal(identity, "SIGCONT");
    await until("kine", "ready again", isReady);
  });

  it("has the error of its probe as the reason", async () => {
    supervise([component("kine", "well-behaved.mjs", { probe: () => Promise.reject(new Error("ECONNREFUSED")) })]);
    await until("kine", "the reason", ({ because }) => because === "ECONNREFUSED");
  });
});

describe("stopping", () => {
  it("kills one that ignores TERM after the grace, with its children", async () => {
    const clock = shortClock((milliseconds) => milliseconds === 5000, 300);
    supervise([component("kine", "ignores-term.sh")], { ...real, clock });
    const { process: identity } = await until("kine", "ready", isReady);
    if (identity === undefined) throw new Error("it has no process");
    await stop();
    expect(clock.slept).toContain(5000);
    expect(await real.processes.isAlive(identity)).toBe(false);
    const left = (await real.processes.list()).filter((entry) => entry.processGroup === identity.pid && !entry.zombie);
    for (const entry of left) await untilEnded(entry);
  });

  it("ends a wait for what comes before, a back-off and a start, and returns", async () => {
    supervise([
      component("kine", "exits-at-once.sh"),
      component("kube-apiserver", "well-behaved.mjs", { after: ["kine"] }),
      component("containerd", "well-behaved.mjs", { probe: () => Promise.resolve({ ok: false, because: "no" }) }),
    ]);
    await until("kine", "back-off", (entry) => entry.state === "backing-off");
    await until("containerd", "start", (entry) => entry.process !== undefined);
    await stop();
  });
});

describe("logs", () => {
  it("hold both streams, go on after a restart, and stay after the stop", async () => {
    supervise([component("kine", "well-behaved.mjs")], { ...real, clock: shortClock(isBackoff) });
    const first = await until("kine", "ready", isReady);
    if (first.process === undefined) throw new Error("it has no process");
    await real.processes.signal(first.process, "SIGKILL");
    await until("kine", "ready again", (entry) => entry.restarts === 1 && isReady(entry));
    await waitUntil(
      async () => {
        const log = await readFile(join(directory, "logs/kine.log"), "utf8");
        return log.split("kine complains").length === 3 ? { ok: true } : { ok: false, because: log };
      },
      { clock: real.clock, what: "the log of two lives", timeout: 30_000, interval: 20 },
    );
    await stop();
    expect((await readFile(join(directory, "logs/kine.log"), "utf8")).split("\n").sort()).toEqual([
      "",
      "kine complains",
      "kine complains",
      "kine says hello",
      "kine says hello",
    ]);
  });

  it("are for the owner's eyes", async () => {
    supervise([component("kine", "exits-at-once.sh")]);
    await until("kine", "a failed start", ({ failedStarts }) => failedStarts >= 1);
    expect((await real.files.status(join(directory, "logs/kine.log")))?.mode).toBe(0o600);
    expect((await real.files.status(join(directory, "supervisor.json")))?.mode).toBe(0o600);
  });
});

describe("the state file", () => {
  it("is whole at every moment", async () => {
    supervise([component("kine", "exits-at-once.sh"), component("containerd", "exits-at-once.sh")], {
      ...real,
      clock: shortClock(isBackoff, 1),
    });
    await until("kine", "its first entry", () => true);
    let reads = 0;
    let changes = 0;
    let last = "";
    while (changes < 20) {
      const text = await readFile(join(directory, "supervisor.json"), "utf8");
      supervisorStateSchema.parse(JSON.parse(text));
      if (text !== last) changes++;
      last = text;
      reads++;
    }
    expect(reads).toBeGreaterThanOrEqual(changes);
    await stop();
    expect((await real.files.list(directory))?.filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("that cannot be written for a while ends nothing, and is written later", async () => {
    let full = true;
    const files = Object.assign(Object.create(real.files) as Host["files"], {
      write: (...args: Parameters<Host["files"]["write"]>) =>
        full
          ? Promise.reject(Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" }))
          : real.files.write(...args),
    });
    supervise([component("kine", "well-behaved.mjs")], {
      ...real,
      files,
      clock: shortClock((milliseconds) => milliseconds === 5000),
    });
    await waitUntil(
      async () => ((await real.files.status(readyFile("kine"))) ? { ok: true } : { ok: false, because: "no file" }),
      { clock: real.clock, what: "kine", timeout: 30_000, interval: 20 },
    );
    expect(await state()).toBeUndefined();
    full = false;
    await until("kine", "ready", isReady);
  });
});

describe("tasks", () => {
  it("run once when what they need is ready; a failure is told and tried again", async () => {
    let runs = 0;
    const task: SupervisedTask = {
      name: "images",
      after: ["kine"],
      run: async () => {
        runs++;
        if (runs < 3) throw new Error(`failure ${String(runs)}`);
        expect(await real.files.status(readyFile("kine"))).toBeDefined();
      },
    };
    const clock = shortClock(isBackoff);
    supervise([component("kine", "well-behaved.mjs")], { ...real, clock }, [task]);
    await waitUntil(
      async () => {
        const entry = (await state())?.tasks[0];
        return entry?.done === true ? { ok: true } : { ok: false, because: JSON.stringify(entry) };
      },
      { clock: real.clock, what: "the task", timeout: 30_000, interval: 20 },
    );
    expect(runs).toBe(3);
    expect((await state())?.tasks).toEqual([{ name: "images", done: true }]);
    expect(clock.slept.filter(isBackoff)).toEqual([500, 1000]);
  });
});
