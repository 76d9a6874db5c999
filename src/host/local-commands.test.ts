import { chmod, mkdtemp, open, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { LocalCommands } from "./local-commands.ts";

const commands = new LocalCommands({ PATH: process.env["PATH"], KEPT: "kept", REMOVED: "here" });
let directory = "";

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "sandkube-commands-"));
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** The error that a command ends with. */
async function failureOf(running: Promise<unknown>): Promise<SandkubeError> {
  const error: unknown = await running.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof SandkubeError)) throw new Error("it did not fail as it should", { cause: error });
  return error;
}

describe("a command that succeeds", () => {
  it("gives what it wrote, unchanged, on each stream", async () => {
    const result = await commands.run(["sh", "-c", "printf 'a\\n\\n'; printf 'b\\n' >&2"]);
    expect(result).toMatchObject({ exitCode: 0, stdout: "a\n\n", stderr: "b\n" });
    expect(result.argv).toEqual(["sh", "-c", "printf 'a\\n\\n'; printf 'b\\n' >&2"]);
    expect(result.milliseconds).toBeGreaterThan(0);
  });

  it("runs where it is told to, with variables added and removed", async () => {
    const { stdout } = await commands.run(["sh", "-c", 'pwd; echo "$KEPT $ADDED ${REMOVED-gone}"'], {
      cwd: directory,
      environment: { ADDED: "added", REMOVED: undefined },
    });
    expect(stdout).toBe(`${directory}\nkept added gone\n`);
  });

  it("passes words on as they are, without a shell", async () => {
    const { stdout } = await commands.run(["printf", "%s|", "a b", "$HOME", "'", ""]);
    expect(stdout).toBe("a b|$HOME|'||");
  });
});

describe("standard input", () => {
  it.each([
    ["text", "hello"],
    ["bytes", new TextEncoder().encode("hello")],
    ["a stream", Readable.from(["hel", "lo"])],
  ])("is %s", async (_, input) => {
    expect((await commands.run(["cat"], { input })).stdout).toBe("hello");
  });

  it("is a file, handed over", async () => {
    await writeFile(join(directory, "input"), "from a file");
    const file = await open(join(directory, "input"));
    const stream = Object.assign(Readable.from([]), { fd: file.fd });
    expect((await commands.run(["cat"], { input: stream })).stdout).toBe("from a file");
    await file.close();
  });

  it("is empty where none is given, so that nothing waits for it", async () => {
    expect((await commands.run(["cat"])).stdout).toBe("");
  });

  it("may stay unread", async () => {
    const { exitCode } = await commands.run(["true"], { input: "x".repeat(1 << 20) });
    expect(exitCode).toBe(0);
  });
});

describe("exit codes", () => {
  it("other than 0 are failures, unless they are answers", async () => {
    await failureOf(commands.run(["sh", "-c", "exit 3"]));
    await failureOf(commands.run(["sh", "-c", "exit 3"], { acceptedExitCodes: [0, 1] }));
    expect(await commands.run(["sh", "-c", "exit 3"], { acceptedExitCodes: [3] })).toMatchObject({ exitCode: 3 });
    expect(await commands.run(["sh", "-c", "exit 3"], { acceptedExitCodes: "any" })).toMatchObject({ exitCode: 3 });
  });

  it("0 is a failure where it is not among the answers", async () => {
    await failureOf(commands.run(["true"], { acceptedExitCodes: [1] }));
  });
});

describe("the error of a failed command", () => {
  it("names the words, the exit, the time and the end of the output", async () => {
    const error = await failureOf(
      commands.run(["sh", "-c", "seq 1 50; echo the reason >&2; exit 7", "zero", "one two"]),
    );
    expect(error.title).toBe("sh failed");
    expect(error.message).toMatch(
      /^sh -c seq 1 50; echo the reason >&2; exit 7 zero one two exited with code 7 after \d+\.\d s\./,
    );
    const quoted = error.message.split("\n").slice(1);
    expect(quoted).toHaveLength(15);
    expect(quoted.at(-1)).toBe("  the reason");
    expect(quoted.at(-2)).toBe("  50");
    expect(error.exit).toBe("internal");
  });

  it("says by which signal it was ended", async () => {
    const error = await failureOf(commands.run(["sh", "-c", "kill -9 $$"], { acceptedExitCodes: "any" }));
    expect(error.message).toContain("was ended by SIGKILL");
  });

  it("says what to install where there is no such program", async () => {
    const error = await failureOf(commands.run(["no-such-program-here", "--flag"], { acceptedExitCodes: "any" }));
    expect(error.title).toBe("no-such-program-here failed");
    expect(error.message).toContain("no-such-program-here --flag could not be started (ENOENT)");
    expect(error.hint).toContain("Install no-such-program-here");
    expect(error.exit).toBe("unsupported");
  });

  it("does not advise to install a program that may not be run", async () => {
    const path = join(directory, "not-executable");
    await writeFile(path, "#!/bin/sh\n");
    const error = await failureOf(commands.run([path]));
    expect(error.message).toContain("EACCES");
    expect(error.hint).toBeUndefined();
  });

  it("does not call the program missing where the directory is", async () => {
    const error = await failureOf(commands.run(["true"], { cwd: join(directory, "absent") }));
    expect(error.message).toContain(join(directory, "absent"));
    expect(error.hint ?? "").not.toContain("Install true");
  });
});

describe("a command that goes on", () => {
  it("is ended after its time, and the error says so and quotes it", async () => {
    const error = await failureOf(
      commands.run(["sh", "-c", "echo so far; exec sleep 600"], { timeout: 500, acceptedExitCodes: "any" }),
    );
    expect(error.message).toContain("did not end within 0.5 s");
    expect(error.message).toContain("so far");
  });

  it("is ended by the signal, with the signal's own reason", async () => {
    const abort = new AbortController();
    const reason = new Error("the user said so");
    const running = commands.run(["sh", "-c", "echo ready; exec sleep 600"], {
      signal: abort.signal,
      onLine: () => {
        abort.abort(reason);
      },
    });
    await expect(running).rejects.toBe(reason);
  });

  it("is not even started where the signal came before", async () => {
    const reason = new Error("already");
    const path = join(directory, "was-started");
    await expect(commands.run(["sh", "-c", `echo x > ${path}`], { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    expect(await readdir(directory)).not.toContain("was-started");
  });
});

describe("output as it comes", () => {
  it("onLine gets whole lines of both streams while the command runs, and they are captured too", async () => {
    const lines: string[] = [];
    const { stdout, stderr } = await commands.run(
      ["sh", "-c", "printf one; printf ' more\\n'; echo two >&2; printf last"],
      {
        onLine: (line) => {
          lines.push(line);
        },
      },
    );
    expect([...lines].sort()).toEqual(["last", "one more", "two"]);
    expect(stdout).toBe("one more\nlast");
    expect(stderr).toBe("two\n");
  });

  it("goes to a stream unchanged, which stays open and is not captured", async () => {
    const stream = new PassThrough();
    const content = text(stream);
    const result = await commands.run(["printf", "a\\000b"], { stdout: stream });
    expect(result.stdout).toBe("");
    expect(stream.writableEnded).toBe(false);
    stream.end();
    expect(await content).toBe("a\0b");
  });

  it("outputGrace: a background process that holds the output does not hold the answer", async () => {
    const { stdout } = await commands.run(["sh", "-c", "sleep 600 & echo $!"], { outputGrace: 50, timeout: 60_000 });
    expect(process.kill(Number(stdout), "SIGKILL")).toBe(true);
  });
});

describe("find", () => {
  it("finds programs on the PATH and in the system directories", async () => {
    expect(await commands.find("sh")).toMatch(/^\/.*\/sh$/);
    expect(await new LocalCommands({ PATH: "" }).find("sh")).toMatch(/^\/.*\/sh$/);
    expect(await commands.find("no-such-program-here")).toBeUndefined();
  });

  it("does not take a file that may not be run, nor a directory", async () => {
    const own = new LocalCommands({ PATH: directory });
    await writeFile(join(directory, "tool-of-test"), "#!/bin/sh\n");
    expect(await own.find("tool-of-test")).toBeUndefined();
    await chmod(join(directory, "tool-of-test"), 0o755);
    expect(await own.find("tool-of-test")).toBe(join(directory, "tool-of-test"));
    expect(await own.find(directory)).toBeUndefined();
  });

  it("never looks in the current directory, whatever the PATH says", async () => {
    const own = new LocalCommands({ PATH: ".::bin" });
    expect(await own.find("package.json")).toBeUndefined();
    expect(await own.find("sh")).toMatch(/^\//);
  });
});
