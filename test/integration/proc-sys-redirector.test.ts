import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { localHost } from "../../src/host/local-host.ts";
import { waitUntil } from "../../src/host/wait-until.ts";
import { buildPrograms, makeTrees, type RedirectorPrograms, type Trees } from "./redirector-programs.ts";

const why = reasonToSkip();
if (why !== undefined) process.stderr.write(`Skipped: the redirector over real programs, because ${why}.\n`);

function reasonToSkip(): string | undefined {
  if (process.arch !== "x64") return "it knows x86-64 only";
  return spawnSync("cc", ["--version"]).error === undefined ? undefined : "there is no C compiler";
}

interface Outcome {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe.skipIf(why !== undefined)("the redirector", () => {
  let programs: RedirectorPrograms;
  let trees: Trees;

  beforeAll(async () => {
    programs = await buildPrograms();
  });

  beforeEach(async () => {
    trees = await makeTrees(programs.directory);
  });

  afterAll(async () => {
    await rm(programs.directory, { recursive: true, force: true });
  });

  /** What the sanitizers find goes to files: the tracer has no output of its own. */
  function environment(): NodeJS.ProcessEnv {
    const log = `log_path=${join(programs.directory, "found")}`;
    return { ...process.env, ASAN_OPTIONS: log, UBSAN_OPTIONS: log };
  }

  function run(words: readonly string[], build: "release" | "sanitized" = "release"): Outcome {
    return spawnSync(programs[build], words, { encoding: "utf8", env: environment(), timeout: 110_000 });
  }

  function over(to: string, ...program: readonly string[]): string[] {
    return ["--from", trees.from, "--to", to, "--", ...program];
  }

  function alone(file: string, ...words: readonly string[]): Outcome {
    return spawnSync(file, words, { encoding: "utf8" });
  }

  /** The case of a line, and the line where the kernel lacks the call. */
  function lacking(line: string): readonly [string, string | undefined] {
    return [line.split(":")[0] ?? "", line.endsWith(": ENOSYS") ? line : undefined];
  }

  const ways = [
    ["seccomp", "release"],
    ["ptrace", "release"],
    ["seccomp", "sanitized"],
    ["ptrace", "sanitized"],
  ] as const;

  describe.each(ways)("by %s, the %s build", (way, build) => {
    const trace = `--trace=${way}`;

    it("changes nothing of a program for which the tree holds nothing: paths, strings, stacks, registers", async () => {
      const expected = alone(programs.pathCases, trees.from);
      expect(expected.status).toBe(0);
      trees = await makeTrees(programs.directory);
      expect(run([trace, ...over(trees.empty, programs.pathCases, trees.from)], build)).toMatchObject({
        status: 0,
        stdout: expected.stdout,
        stderr: expected.stderr,
      });
    });

    it("gives the tree's files to every call, by every way to them, and real ones where it has none", async () => {
      // What this kernel does not have (gVisor has no openat2) it has not here either.
      const missing = new Map(alone(programs.pathCases, trees.from).stdout.split("\n").map(lacking));
      trees = await makeTrees(programs.directory);
      const expected = (await readFile(join(import.meta.dirname, "../fixtures/redirected-path-cases.txt"), "utf8"))
        .split("\n")
        .map((line) => missing.get(lacking(line)[0]) ?? line);
      const { status, stdout } = run([trace, ...over(trees.to, programs.pathCases, trees.from)], build);
      expect(stdout.split("\n")).toEqual(expected);
      expect(status).toBe(0);
      expect(await readFile(join(trees.from, "kernel/written"), "utf8")).toBe("real written\n");
      expect(await readFile(join(trees.to, "kernel/written"), "utf8")).toBe("");
    });

    it.each([
      ["threads", 3000, "threads: 3000 finished\n"],
      ["signals", 1000, "signals: all handled\n"],
      ["forks", 40, "forks: 40 of each kind\n"],
      ["replaced", 20, "replaced: 20\n"],
      ["stopped", 40, "stopped: 40\n"],
    ])("survives a storm of %s", (mode, count, stdout) => {
      const words = [join(trees.from, "kernel/a"), "the other a", mode, String(count)];
      expect(run([trace, ...over(trees.to, programs.storm, ...words)], build)).toMatchObject({
        stdout,
        stderr: "",
        status: 0,
      });
    });

    it("reaches a static Go program, whose stacks are small and end beside live data", ({ skip }) => {
      if (programs.goReader === undefined) return skip("Go is not installed");
      const file = join(trees.from, "kernel/a");
      const { status, stdout, stderr } = run([trace, ...over(trees.to, programs.goReader, file, "the other a")], build);
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "read 4100\n", stderr: "" });
    });
  });

  it("never wrote or read where it should not, and leaked nothing", async () => {
    // Each tracer writes what was found as it ends, which may be after its program.
    const look = (): Promise<{ ok: true } | { ok: false; because: string }> =>
      Promise.resolve(tracers().length === 0 ? { ok: true } : { ok: false, because: `left: ${tracers().join(" ")}` });
    await waitUntil(look, {
      clock: localHost().clock,
      timeout: 20_000,
      what: "the tracers to end",
    });
    const texts = (await programs.findings()).map((name) => readFileSync(join(programs.directory, name), "utf8"));
    expect(texts).toEqual([]);
  });

  it("has the program's exit status, and its death", () => {
    for (const status of [0, 1, 42, 255]) {
      expect(run(over(trees.to, "sh", "-c", `exit ${String(status)}`)).status).toBe(status);
    }
    for (const signal of ["SEGV", "TERM", "KILL", "ABRT"]) {
      expect(run(over(trees.to, "sh", "-c", `kill -${signal} $$`)).signal).toBe(`SIG${signal}`);
    }
  });

  it("says what it cannot do, with a status of its own", async () => {
    const plain = join(trees.outside, "plain");
    await writeFile(plain, "", { mode: 0o644 });
    expect(run(over(trees.to, "/nonexistent/program")).status).toBe(127);
    expect(run(over(trees.to, plain)).status).toBe(126);
    expect(run([])).toMatchObject({ status: 125, stderr: expect.stringContaining("usage:") as string });
    expect(run(["--trace=other", ...over(trees.to, "true")]).status).toBe(125);
    expect(run(over(join(trees.to, "none"), "true")).stderr).toBe("proc-sys-redirector: --to is not there\n");
    expect(run(["--from", "/", "--to", trees.to, "--", "true"]).stderr).toContain("--to lies in --from");
    expect(run(["--from", "relative", "--to", trees.to, "--", "true"]).status).toBe(125);
  });

  it("leaves the program its descriptors, its signals, its directory and its children", () => {
    const script = "ls -l /proc/self/fd | wc -l; grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status; pwd; wait; echo $?";
    expect(run(over(trees.to, "sh", "-c", script)).stdout).toBe(alone("sh", "-c", script).stdout);
  });

  it("does without an input and outputs", () => {
    const program = [
      programs.release,
      ...over(trees.to, programs.storm, `${trees.from}/kernel/a`, "the other a", "child"),
    ];
    const words = program.map((word) => `'${word}'`).join(" ");
    expect(alone("sh", "-c", `exec ${words} 0<&- 1>&- 2>&-`).status).toBe(7);
  });

  it("gives the real file to what has another root directory", ({ skip }) => {
    if (process.getuid?.() !== 0) return skip("only root may change the root directory");
    const script = `chroot ${trees.outside}/.. ${programs.storm.replace(programs.directory, "")} /from/kernel/a "real a" child`;
    expect(run(over(trees.to, "sh", "-c", script)).status).toBe(7);
  });

  it("becomes the program, which a signal reaches, and which dies with its tracer", async () => {
    const first = start("trap 'echo got it; exit 9' TERM; echo ready; while :; do sleep 0.01; done");
    await once(first.stdout ?? first, "data");
    first.kill("SIGTERM");
    expect(await once(first, "exit")).toEqual([9, null]);

    const second = start("echo ready; while :; do sleep 0.01; done");
    await once(second.stdout ?? second, "data");
    const tracer = /^TracerPid:\s*(\d+)/m.exec(readFileSync(`/proc/${String(second.pid)}/status`, "utf8"))?.[1];
    // A whole group is told to end; the tracer leaves that to the program.
    process.kill(Number(tracer), "SIGTERM");
    process.kill(Number(tracer), "SIGINT");
    expect(second.exitCode).toBeNull();
    process.kill(Number(tracer), "SIGKILL");
    expect(await once(second, "exit")).toEqual([null, "SIGKILL"]);
  });

  it("does not hold open what the program closed", async () => {
    const child = start("echo ready; exec >&- 2>&-; read -r line; exit 0", "pipe");
    let said = "";
    for await (const chunk of child.stdout ?? []) said += String(chunk);
    expect(said).toBe("ready\n");
    expect(child.exitCode).toBeNull();
    child.stdin?.end("go\n");
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  function start(script: string, stdin: "ignore" | "pipe" = "ignore"): ChildProcess {
    return spawn(programs.release, over(trees.to, "sh", "-c", script), { stdio: [stdin, "pipe", "inherit"] });
  }

  /** The processes that run one of our builds. */
  function tracers(): readonly string[] {
    return readdirSync("/proc").filter((name) => {
      try {
        return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, "utf8").startsWith(programs.directory);
      } catch {
        return false; // it has ended meanwhile
      }
    });
  }
});
