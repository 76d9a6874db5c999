import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { execa } from "execa";
import type { CommandOptions, CommandResult, Commands } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";

const defaultTimeout = 60_000;
/** How much of a failed command's output an error quotes. */
const quotedLines = 15;

/** A login shell of a plain user has no sbin on its PATH; ip and iptables live there. */
const systemDirectories = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin"];

/** Runs programs on this machine with execa. */
export class LocalCommands implements Commands {
  readonly #environment: Readonly<Record<string, string | undefined>>;

  constructor(environment: Readonly<Record<string, string | undefined>>) {
    this.#environment = { ...environment, PATH: searchPath(environment).join(delimiter) };
  }

  async run(argv: readonly [string, ...string[]], options: CommandOptions = {}): Promise<CommandResult> {
    options.signal?.throwIfAborted(); // execa would start the program and then end it
    const [file, ...rest] = argv;
    const timeout = options.timeout ?? defaultTimeout;
    const start = performance.now();
    const subprocess = execa(file, rest, {
      reject: false,
      env: { ...this.#environment, ...options.environment },
      extendEnv: false,
      stripFinalNewline: false,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
      ...(options.attached === true
        ? { stdio: "inherit" }
        : {
            timeout,
            buffer: { stdout: options.stdout === undefined, stderr: options.stderr === undefined },
            ...inputOption(options.input),
          }),
    });
    if (options.attached !== true) deliverOutput(subprocess, options);
    if (options.onLine !== undefined && options.attached !== true) {
      for (const stream of [subprocess.stdout, subprocess.stderr]) {
        createInterface({ input: stream }).on("line", options.onLine);
      }
    }
    const result = await subprocess;
    const finished: CommandResult = {
      argv,
      exitCode: result.exitCode ?? -1,
      stdout: text(result.stdout),
      stderr: text(result.stderr),
      milliseconds: performance.now() - start,
    };
    if (result.isCanceled) options.signal?.throwIfAborted();
    const accepted = options.acceptedExitCodes ?? [0];
    if (result.exitCode !== undefined && (accepted === "any" || accepted.includes(result.exitCode))) return finished;
    // Linux says ENOENT for the directory as it does for the program.
    const lostDirectory = result.code === "ENOENT" && options.cwd !== undefined && !(await isDirectory(options.cwd));
    const end = lostDirectory
      ? `could not be started (there is no directory ${options.cwd ?? ""})`
      : describeEnd(result, timeout);
    throw failure(finished, end, lostDirectory ? undefined : result.code, result.cause);
  }

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

function inputOption(input: CommandOptions["input"]): object {
  if (input === undefined) return { stdin: "ignore" };
  // A stream with a file descriptor of its own is handed over; any other one is copied.
  return typeof input === "object" && "fd" in input && typeof input.fd === "number" ? { stdin: input } : { input };
}

/** Passes output on as it comes, and stops waiting for it where only a background process still holds it. */
function deliverOutput(
  subprocess: {
    readonly stdout: Readable | null;
    readonly stderr: Readable | null;
    once(event: "exit", listener: () => void): unknown;
  },
  options: CommandOptions,
): void {
  const outputs = [
    { from: subprocess.stdout, to: options.stdout },
    { from: subprocess.stderr, to: options.stderr },
  ];
  for (const { from, to } of outputs) {
    if (from === null || to === undefined) continue;
    from.pipe(to, { end: false });
    // A receiver that is gone (`| head`) is told to the program in the usual way, by SIGPIPE.
    const stop = (): void => {
      from.destroy();
    };
    to.once("error", stop);
    from.once("close", () => to.off("error", stop));
  }
  const grace = options.outputGrace;
  if (grace === undefined) return;
  subprocess.once("exit", () => {
    for (const { from, to } of outputs) {
      if (from === null) continue;
      const end = (): void => {
        // A slow reader is not silence: what it has not taken yet is still to come.
        if (to?.writableNeedDrain === true) timer.refresh();
        else from.destroy();
      };
      const timer = setTimeout(end, grace);
      from.on("data", () => timer.refresh());
      from.once("close", () => {
        clearTimeout(timer);
      });
    }
  });
}

function text(output: unknown): string {
  return typeof output === "string" ? output : "";
}

function describeEnd(
  result: {
    readonly timedOut: boolean;
    readonly signal?: string | undefined;
    readonly exitCode?: number | undefined;
    readonly code?: string | undefined;
  },
  timeout: number,
): string {
  if (result.timedOut) return `did not end within ${String(timeout / 1000)} s`;
  if (result.signal !== undefined) return `was ended by ${result.signal}`;
  if (result.exitCode !== undefined) return `exited with code ${String(result.exitCode)}`;
  return `could not be started (${result.code ?? "unknown reason"})`;
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
