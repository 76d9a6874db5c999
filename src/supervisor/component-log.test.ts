import { appendFile, mkdtemp, open, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lastLines, trimLog } from "./component-log.ts";

let directory = "";
let log = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "sandkube-log-"));
  log = join(directory, "kine.log");
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe("trimLog", () => {
  it("leaves a log of usual size alone", async () => {
    await writeFile(log, "a line\n");
    await trimLog(log);
    expect(await readdir(directory)).toEqual(["kine.log"]);
    expect(await readFile(log, "utf8")).toBe("a line\n");
  });

  it("moves the content of a long one aside, for a writer that has it open, and keeps it private", async () => {
    await writeFile(log, "", { mode: 0o600 });
    const writer = await open(log, "a");
    await writer.write("first\n");
    await truncate(log, 16 * 1024 * 1024 + 1); // sparse: no 16 MiB are written
    await trimLog(log);
    await writer.write("next\n");
    await writer.close();
    expect(await readFile(log, "utf8")).toBe("next\n");
    expect((await readFile(`${log}.1`)).subarray(0, 6).toString()).toBe("first\n");
    expect((await stat(`${log}.1`)).mode & 0o777).toBe(0o600);
  });

  it("never stops the supervisor: nothing there, or a directory in the way", async () => {
    await expect(trimLog(log)).resolves.toBeUndefined();
    await expect(trimLog(join(directory, "file/below"))).resolves.toBeUndefined();
    await writeFile(join(directory, "file"), "");
    await expect(trimLog(join(directory, "file/below"))).resolves.toBeUndefined();
  });
});

describe("lastLines", () => {
  it("gives the last ones in order, without blank ones", async () => {
    await writeFile(log, "one\n\ntwo\nthree\n");
    expect(await lastLines(log, 2)).toEqual(["two", "three"]);
    expect(await lastLines(log, 100)).toEqual(["one", "two", "three"]);
    expect(await lastLines(log, 0)).toEqual([]);
  });

  it("gives a last line that has not ended yet", async () => {
    await writeFile(log, "one\npanic: half a li");
    expect(await lastLines(log, 1)).toEqual(["panic: half a li"]);
  });

  it("gives nothing of an empty or absent log", async () => {
    expect(await lastLines(log, 5)).toEqual([]);
    await writeFile(log, "");
    expect(await lastLines(log, 5)).toEqual([]);
  });

  it("gives whole lines only, whatever their length, however many are asked for", async () => {
    const lines = Array.from(
      { length: 5000 },
      (_, index) => `${String(index).padStart(4, "0")} é${"x".repeat(index % 97)}`,
    );
    await writeFile(log, `${lines.join("\n")}\n`);
    for (const count of [1, 10, 1000, 4999, 5000, 6000]) {
      expect(await lastLines(log, count), String(count)).toEqual(lines.slice(-count));
    }
  });

  it("gives a line that is longer than what is read first", async () => {
    await writeFile(log, "short\n");
    await appendFile(log, `${"x".repeat(300_000)}\n`);
    expect((await lastLines(log, 1))[0]).toHaveLength(300_000);
    expect((await lastLines(log, 2))[0]).toBe("short");
  });
});
