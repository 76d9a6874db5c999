import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { LocalProcesses, parseStat } from "./local-processes.ts";
import { systemClock } from "./system-clock.ts";
import { waitUntil } from "./wait-until.ts";

const processes = new LocalProcesses();
const started: number[] = [];

afterEach(() => {
  for (const pid of started.splice(0)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // it has ended
    }
  }
});

async function start(file: string, ...args: string[]): Promise<number> {
  const child = spawn(file, args, { stdio: "ignore", env: { PATH: process.env["PATH"], MARK: "a=b", EMPTY: "" } });
  await once(child, "spawn");
  const pid = child.pid ?? 0;
  started.push(pid);
  return pid;
}

describe("parseStat", () => {
  const rest = "S 7 31 31 0 -1 4194560 0 0 0 0 150 7 900 800 20 0 1 0 987654 1000 25 18446744073709551615";

  it.each(["node", "tmux: server", "a) S 1 (b", "((sd-pam))", ""])("reads a process named %j", (name) => {
    expect(parseStat(`31 (${name}) ${rest}\n`)).toEqual({
      pid: 31,
      name,
      zombie: false,
      stopped: false,
      parent: 7,
      processGroup: 31,
      startTicks: 987_654,
      rssBytes: 25 * 4096,
      cpuMs: 1570,
    });
  });

  it("knows the dead: Z and X", () => {
    expect(parseStat(`31 (x) ${rest.replace("S", "Z")}`)?.zombie).toBe(true);
    expect(parseStat(`31 (x) ${rest.replace("S", "X")}`)?.zombie).toBe(true);
    expect(parseStat(`31 (x) ${rest.replace("S", "D")}`)?.zombie).toBe(false);
  });

  it("knows one whose first thread alone has ended: it still holds what the process holds", () => {
    expect(parseStat(`31 (x) ${rest.replace("S", "Z").replace("20 0 1 0", "20 0 2 0")}`)?.zombie).toBe(false);
  });

  it("knows those that a signal holds: T; a tracer does so all the time: t", () => {
    expect(parseStat(`31 (x) ${rest.replace("S", "T")}`)).toMatchObject({ stopped: true, zombie: false });
    expect(parseStat(`31 (x) ${rest.replace("S", "t")}`)?.stopped).toBe(false);
  });

  it("is undefined for what is no stat line", () => {
    expect(parseStat("")).toBeUndefined();
    expect(parseStat("31 node S 7")).toBeUndefined();
  });

  it("takes what gVisor says of a task that ends for no process, or all would be its children", () => {
    expect(parseStat(`0 (x) ${rest}`)).toBeUndefined();
  });
});

describe("isAlive", () => {
  it("is true for this very process, false for another with its number", async () => {
    const self = await processes.self();
    expect(await processes.isAlive(self)).toBe(true);
    expect(await processes.isAlive({ ...self, startTicks: self.startTicks - 1 })).toBe(false);
  });

  it("is false for a zombie, which is still in the table", async () => {
    // The shell's child ends; `exec` turns the shell into a sleep that never asks for it.
    const parent = await start("sh", "-c", "true & exec sleep 600");
    const zombie = await waitUntil(
      async () => {
        const found = (await processes.list()).find((status) => status.parent === parent && status.zombie);
        return found === undefined ? { ok: false as const, because: "no zombie yet" } : { ok: true as const, found };
      },
      { clock: systemClock, what: "a zombie", timeout: 20_000, interval: 10 },
    );
    expect(await processes.isAlive(zombie.found)).toBe(false);
    expect(await processes.signal(zombie.found, "SIGTERM")).toBe(false);
  });

  it("is false for a process that has never been", async () => {
    expect(await processes.isAlive({ pid: 2 ** 22 + 1, startTicks: 1 })).toBe(false);
  });
});

describe("signal", () => {
  it("reaches the process that is meant", async () => {
    const pid = await start("sleep", "600");
    const status = await processes.status(pid);
    if (status === undefined) throw new Error("the child is not in /proc");
    expect(await processes.signal(status, "SIGKILL")).toBe(true);
    await waitUntil(
      async () => ((await processes.isAlive(status)) ? { ok: false, because: "it lives" } : { ok: true }),
      { clock: systemClock, what: "its end", timeout: 20_000, interval: 10 },
    );
  });

  it("spares one that has the number and is another process", async () => {
    const pid = await start("sleep", "600");
    const status = await processes.status(pid);
    if (status === undefined) throw new Error("the child is not in /proc");
    expect(await processes.signal({ pid, startTicks: status.startTicks + 1 }, "SIGKILL")).toBe(false);
    expect(await processes.isAlive(status)).toBe(true);
  });
});

describe("what a process was started with", () => {
  it("environment keeps = in values, and empty values", async () => {
    const pid = await start("sleep", "600");
    expect(await processes.environment(pid)).toMatchObject({ MARK: "a=b", EMPTY: "" });
    expect(await processes.environment(2 ** 22 + 1)).toBeUndefined();
  });

  it("arguments keep spaces and empty words", async () => {
    const pid = await start(process.execPath, "-e", "setInterval(() => 0, 1e6)", "two words", "");
    expect(await processes.arguments(pid)).toEqual([
      process.execPath,
      "-e",
      "setInterval(() => 0, 1e6)",
      "two words",
      "",
    ]);
  });

  it("agrees with /proc about this process", async () => {
    const self = await processes.status(process.pid);
    expect(self).toMatchObject({ pid: process.pid, parent: process.ppid, zombie: false });
    expect(self?.name).toBe((await readFile("/proc/self/comm", "utf8")).trimEnd());
    expect(self?.rssBytes).toBeGreaterThan(1 << 20);
  });
});
