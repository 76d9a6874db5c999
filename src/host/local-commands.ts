import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { pipeline, type Readable, type Writable } from "node:stream";
import type { CommandOptions, CommandResult, Commands } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";

const defaultTimeout = 60_000;
/** How much of a failed command's output an error quotes. */
const quotedLines = 15;
/** Milliseconds after which a program that does not listen to TERM is killed. */
const killAfter = 5000;
/** Milliseconds of silence after which the output of a program that we ended is called complete. */
const graceOfStopped = 500;

/** A login shell of a plain user has no sbin on its PATH; ip and iptables live there. */
const systemDirectories = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin"];

/**
 * Runs programs on this machine. Over node:child_process itself: execa takes
 * 0.4 s to load in gVisor, which every command would pay (docs/performance.md).
 */
export class LocalCommands implements Commands {
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #running = new Set<ChildProcess>();

  constructor(environment: Readonly<Record<string, string | undefined>>) {
    this.#environment = { ...environment, PATH: searchPath(environment).join(delimiter) };
  }

  async run(argv: readonly [string, ...string[]], options: CommandOptions = {}): Promise<CommandResult> {
    options.signal?.throwIfAborted();
    const start = performance.now();
    const end = await this.#end(argv, options);
    const finished: CommandResult = {
      argv,
      exitCode: end.exitCode ?? -1,
      stdout: end.stdout,
      stderr: end.stderr,
      milliseconds: performance.now() - start,
    };
    if (end.stopped === "signal") options.signal?.throwIfAborted();
    const accepted = options.acceptedExitCodes ?? [0];
    if (end.exitCode !== undefined && (accepted === "any" || accepted.includes(end.exitCode))) return finished;
    // Linux says ENOENT for the directory as it does for the program.
    const lostDirectory = end.code === "ENOENT" && options.cwd !== undefined && !(await isDirectory(options.cwd));
    const how = lostDirectory
      ? `could not be started (there is no directory ${options.cwd ?? ""})`
      : describeEnd(end, options.timeout ?? defaultTimeout);
    throw failure(finished, how, lostDirectory ? undefined : end.code, end.cause);
  }

  /** Starts the program and waits for its end and that of its output. Never rejects. */
  async #end(argv: readonly [string, ...string[]], options: CommandOptions): Promise<CommandEnd> {
    const [file, ...rest] = argv;
    const captured = { stdout: "", stderr: "" };
    let child: ChildProcess;
    try {
      child = spawn(file, rest, {
        env: { ...this.#environment, ...options.environment },
        stdio: stdioOf(options),
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      });
    } catch (error) {
      return { ...captured, ...startError(error) }; // too many words, for one
    }
    this.#remember(child);
    const stopping = new Stopping(child, options);
    for (const name of ["stdout", "stderr"] as const) {
      const from = child[name];
      if (from === null) continue;
      deliver(from, options[name], child, () => stopping.grace);
      if (options[name] === undefined) {
        from.setEncoding("utf8").on("data", (text: string) => {
          captured[name] += text;
        });
      }
      if (options.onLine !== undefined) createInterface({ input: from }).on("line", options.onLine);
    }
    const { input } = options;
    if (child.stdin !== null && input !== undefined) feed(child.stdin, input, stopping);
    try {
      return await new Promise<CommandEnd>((resolve) => {
        child.once("error", (error) => {
          // A signal that could not be sent comes as an error, too.
          if (child.pid === undefined) resolve({ ...captured, ...startError(error) });
        });
        child.once("close", (code, signal) => {
          if (child.pid === undefined) return;
          resolve({
            ...captured,
            ...(code === null ? {} : { exitCode: code }),
            ...(signal === null ? {} : { signal }),
            ...(stopping.reason === undefined ? {} : { stopped: stopping.reason }),
            ...(stopping.cause === undefined ? {} : { cause: stopping.cause }),
          });
        });
      });
    } finally {
      stopping[Symbol.dispose]();
      this.#forget(child);
    }
  }

  /** What still runs when this process ends is told to end, too. */
  #remember(child: ChildProcess): void {
    if (this.#running.size === 0) process.on("exit", this.#endAll);
    this.#running.add(child);
  }

  #forget(child: ChildProcess): void {
    this.#running.delete(child);
    if (this.#running.size === 0) process.off("exit", this.#endAll);
  }

  readonly #endAll = (): void => {
    for (const child of this.#running) child.kill();
  };

  async find(name: string): Promise<string | undefined> {
    if (name.includes("/")) return (await isExecutable(name)) ? name : undefined;
    for (const directory of searchPath(this.#environment)) {
      const path = join(directory, name);
      if (await isExecutable(path)) return path;
    }
    return undefined;
  }
}

function searchPath(environment: Readonly<Record<string, string | undefined>>): string[] {
  const own = (environment["PATH"] ?? "").split(delimiter).filter((entry) => entry.startsWith("/"));
  return [...new Set([...own, ...systemDirectories])];
}

/** A directory has the same permission bit, so it is asked whether the path is a file. */
async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

/** How a command ended. */
interface CommandEnd {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode?: number;
  /** By which signal it was ended. */
  readonly signal?: NodeJS.Signals;
  /** Why we ended it. */
  readonly stopped?: StopReason;
  /** Why it could not be started, as an errno such as ENOENT. */
  readonly code?: string;
  readonly cause?: unknown;
}

type StopReason = "timeout" | "signal" | "input";

function startError(error: unknown): Pick<CommandEnd, "code" | "cause"> {
  const { code } = error as NodeJS.ErrnoException;
  return { ...(code === undefined ? {} : { code }), cause: error };
}

/** Ends a command when its time is over or its signal says so: TERM, and KILL for one that does not listen. */
class Stopping implements Disposable {
  readonly #child: ChildProcess;
  readonly #options: CommandOptions;
  readonly #timer: NodeJS.Timeout | undefined;
  #kill: NodeJS.Timeout | undefined;
  /** Undefined while nobody wants it to end. */
  reason: StopReason | undefined;
  cause: unknown;

  constructor(child: ChildProcess, options: CommandOptions) {
    this.#child = child;
    this.#options = options;
    const timeout = options.attached === true ? 0 : (options.timeout ?? defaultTimeout);
    if (timeout > 0) {
      this.#timer = setTimeout(() => {
        this.stop("timeout");
      }, timeout);
    }
    options.signal?.addEventListener("abort", this.#abort, { once: true });
  }

  stop(reason: StopReason, cause?: unknown): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.cause = cause;
    const { exitCode, signalCode, stdout, stderr } = this.#child;
    if (exitCode !== null || signalCode !== null) {
      // It has ended; what is waited for is output that another process holds.
      stdout?.destroy();
      stderr?.destroy();
      return;
    }
    this.#child.kill("SIGTERM");
    this.#kill = setTimeout(() => this.#child.kill("SIGKILL"), killAfter);
  }

  /** How long output may be silent after the end; undefined: as long as it likes. */
  get grace(): number | undefined {
    return this.#options.outputGrace ?? (this.reason === undefined ? undefined : graceOfStopped);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#kill);
    this.#options.signal?.removeEventListener("abort", this.#abort);
  }

  readonly #abort = (): void => {
    this.stop("signal");
  };
}

function stdioOf({ attached, input }: CommandOptions): StdioOptions {
  if (attached === true) return "inherit";
  if (input === undefined) return ["ignore", "pipe", "pipe"];
  // A stream with a file descriptor of its own is handed over; any other one is copied.
  const own = typeof input === "object" && "fd" in input && typeof input.fd === "number" ? input.fd : undefined;
  return [own ?? "pipe", "pipe", "pipe"];
}

/** Writes the input. A program need not read all of it. */
function feed(stdin: Writable, input: NonNullable<CommandOptions["input"]>, stopping: Stopping): void {
  stdin.on("error", () => undefined);
  if (typeof input === "string" || input instanceof Uint8Array) {
    stdin.end(input);
    return;
  }
  input.once("error", (error) => {
    stopping.stop("input", error);
  });
  pipeline(input, stdin, () => undefined);
}

/** Passes output on as it comes, and stops waiting for it where only a background process still holds it. */
function deliver(from: Readable, to: Writable | undefined, child: ChildProcess, grace: () => number | undefined): void {
  if (to !== undefined) {
    from.pipe(to, { end: false });
    // A receiver that is gone (`| head`) is told to the program in the usual way, by SIGPIPE.
    const stop = (): void => {
      from.destroy();
    };
    to.once("error", stop);
    from.once("close", () => to.off("error", stop));
  }
  child.once("exit", () => {
    const silence = grace();
    if (silence === undefined || from.destroyed) return;
    const end = (): void => {
      // A slow reader is not silence: what it has not taken yet is still to come.
      if (to?.writableNeedDrain === true) timer.refresh();
      else from.destroy();
    };
    const timer = setTimeout(end, silence);
    from.on("data", () => timer.refresh());
    from.once("close", () => {
      clearTimeout(timer);
    });
  });
}

function describeEnd(end: CommandEnd, timeout: number): string {
  if (end.stopped === "timeout") return `did not end within ${String(timeout / 1000)} s`;
  if (end.stopped === "input") return "was ended because its input could not be read";
  if (end.signal !== undefined) return `was ended by ${end.signal}`;
  if (end.exitCode !== undefined) return `exited with code ${String(end.exitCode)}`;
  return `could not be started (${end.code ?? "unknown reason"})`;
}

function failure(result: CommandResult, end: string, code: string | undefined, cause: unknown): SandkubeError {
  const [program = ""] = result.argv;
  const output = `${result.stdout}\n${result.stderr}`
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-quotedLines);
  return new SandkubeError({
    title: `${program} failed`,
    message: [`${result.argv.join(" ")} ${end} after ${(result.milliseconds / 1000).toFixed(1)} s.`, ...output].join(
      "\n  ",
    ),
    ...(code === "ENOENT" ? { hint: `Install ${program}, or put it on the PATH.` } : {}),
    exit: code === "ENOENT" ? "unsupported" : "internal",
    cause,
  });
}
