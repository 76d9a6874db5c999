import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import type { Host } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { ociProcess } from "./bundle.ts";
import { execOnTerminalScript, execWithPipesScript, pipeSuffixes } from "./exec-pipes.ts";
import { describeSandbox } from "./list-sandboxes.ts";
import { requireRoot } from "./requirements.ts";
import { runscCommand } from "./runsc.ts";
import { locateSandbox, type SandboxLocation } from "./sandbox-location.ts";
import type { SandboxContext } from "./sandbox-options.ts";
import { readSandboxState, type SandboxState } from "./sandbox-state.ts";

/** Options of {@link execInSandbox}. */
export interface ExecOptions {
  readonly stateRoot?: string;
  /** Default: /root. */
  readonly cwd?: string;
  /** Added to the sandbox's own environment. Kept off command lines, which everybody can read. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Written to standard input, which is otherwise empty. */
  readonly input?: string | Uint8Array | Readable;
  /** Receives standard output as it comes; it is then not in the result. Pass process.stdout rather than redirecting by hand. */
  readonly stdout?: Writable;
  /** Receives standard error as it comes; it is then not in the result. */
  readonly stderr?: Writable;
  /** Called with each line of both. */
  readonly onLine?: (line: string) => void;
  /** Gives the command a terminal: this process's own, which must be one on stdin and stdout. */
  readonly terminal?: boolean;
  /** Milliseconds after which the command is ended, inside. Default: none. */
  readonly timeout?: number;
}

/** What a finished command left. */
export interface ExecResult {
  /** The command's exit code; 128 + n where signal n ended it. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

/**
 * How long output may be silent after the command's end before it is called
 * complete, where a background process still holds it (milliseconds). Generous,
 * as a busy machine may keep the last lines waiting that long.
 */
const outputGrace = 1000;

/** How long a command has to end after SIGTERM (milliseconds). */
const terminationGrace = 2000;

/**
 * Ends a command by its process group, which is its own (`runsc exec` starts a
 * session). Ending `runsc exec` alone would leave the command running: it passes
 * signals on only where there is a terminal (runsc/cmd/exec.go).
 */
const endScript = `
kill -TERM "-$1" 2>/dev/null || exit 0
n=0; while [ $n -lt ${String(terminationGrace / 100)} ]; do
  sleep 0.1; n=$((n + 1)); kill -0 "-$1" 2>/dev/null || exit 0
done
kill -KILL "-$1"
`;

/**
 * Runs a program in a sandbox to its end, as root. An abort of the context's
 * signal ends it inside, and so does the timeout; daemons that left its process
 * group stay. A background process that still holds the output does not keep
 * the call waiting, but what it writes later is lost: start daemons with
 * {@link startInSandbox}.
 *
 * @throws SandkubeError: notFound (no such sandbox, not running, no such program), timeout; the signal's reason
 */
export async function execInSandbox(
  name: string,
  argv: readonly [string, ...string[]],
  options: ExecOptions,
  context: SandboxContext,
): Promise<ExecResult> {
  const { host, signal } = context;
  signal.throwIfAborted();
  await requireRoot(host);
  const location = locateSandbox(name, options.stateRoot);
  const state = await readSandboxState(host.files, location);
  await requireRunning(host, location);
  const { base, command } = await prepare(host, location, state, argv, options);
  const ended = new AbortController();
  try {
    const run = host.commands.run(options.terminal === true ? onTerminal(command) : withPipes(base, command), {
      timeout: 0,
      acceptedExitCodes: "any",
      outputGrace,
      ...(options.terminal === true
        ? { attached: true }
        : {
            ...(options.input === undefined ? {} : { input: options.input }),
            ...(options.stdout === undefined ? {} : { stdout: options.stdout }),
            ...(options.stderr === undefined ? {} : { stderr: options.stderr }),
            ...(options.onLine === undefined ? {} : { onLine: options.onLine }),
          }),
      // The last resort, where the command cannot be ended inside.
      signal: ended.signal,
    });
    const result = await endedEarly(run, { argv, location, state, pidFile: `${base}.pid`, options, context, ended });
    if ((await host.files.status(`${base}.pid`)) === undefined) {
      throw await notStarted(host, location, argv, result);
    }
    return result;
  } finally {
    await removeFiles(host, base);
  }
}

/** Options of {@link startInSandbox}. */
export type StartOptions = Pick<ExecOptions, "stateRoot" | "cwd" | "environment"> & {
  /** A file in the sandbox that its output is added to. Default: /dev/null. */
  readonly logFile?: string;
};

/** The shell ends at once; the program becomes a child of the sandbox's first process, which reaps it. */
const startScript = `
log=$1; shift
command -v -- "$1" >/dev/null || { echo "$1: not found" >&2; exit 127; }
setsid "$@" </dev/null >>"$log" 2>&1 & echo $!
`;

/**
 * Starts a daemon in a sandbox and does not wait for it.
 *
 * @returns its process id in the sandbox
 * @throws SandkubeError: notFound (no such sandbox, not running, no such program)
 */
export async function startInSandbox(
  name: string,
  argv: readonly [string, ...string[]],
  options: StartOptions,
  context: SandboxContext,
): Promise<number> {
  const { logFile, ...rest } = options;
  const shell = ["/bin/sh", "-c", startScript, "start", logFile ?? "/dev/null", ...argv] as const;
  const result = await execInSandbox(name, shell, rest, context);
  if (result.exitCode === 0) return Number(result.stdout);
  throw cannotStart(name, argv, result.stderr);
}

function withPipes(base: string, command: readonly string[]): [string, ...string[]] {
  return ["sh", "-c", execWithPipesScript, "sandkube-exec", base, ...command];
}

async function requireRunning(host: Host, location: SandboxLocation): Promise<void> {
  const { state, because } = await describeSandbox(host, location);
  if (state === "running") return;
  throw new SandkubeError({
    title: "The sandbox is not running",
    message: `Sandbox "${location.name}" is ${state}: ${because ?? "unknown reason"}.`,
    hint: `Make it anew: sandkube sandbox delete ${location.name}, then sandkube sandbox create ${location.name}`,
    exit: "notFound",
  });
}

function onTerminal(command: readonly string[]): [string, ...string[]] {
  return ["sh", "-mc", execOnTerminalScript, "sandkube-exec", ...command];
}

/**
 * Writes what runsc is to run into a file, so that neither the environment nor
 * the arguments stand on a command line.
 *
 * @returns the beginning of the paths of this command's files, and the command line
 */
async function prepare(
  host: Host,
  location: SandboxLocation,
  state: SandboxState,
  argv: readonly [string, ...string[]],
  options: Pick<ExecOptions, "cwd" | "environment" | "terminal">,
): Promise<{ readonly base: string; readonly command: readonly [string, ...string[]] }> {
  const base = join(location.directory, `exec-${randomBytes(6).toString("hex")}`);
  const process = ociProcess({
    profile: state.profile,
    argv,
    cwd: options.cwd ?? "/root",
    environment: { ...state.environment, ...options.environment },
    terminal: options.terminal === true,
  });
  await host.files.write(`${base}.json`, JSON.stringify(process), { mode: 0o600 });
  const runsc = runscCommand({ ...state, path: state.runscPath }, location);
  return {
    base,
    command: [...runsc, ...["exec", "--internal-pid-file", `${base}.pid`, "--process", `${base}.json`, location.id]],
  };
}

async function removeFiles(host: Host, base: string): Promise<void> {
  await Promise.all([".json", ".pid", ...pipeSuffixes].map((suffix) => host.files.remove(`${base}${suffix}`)));
}

/** Waits for the command, and ends it inside where the caller does not want it any more or its time is up. */
async function endedEarly(
  run: Promise<ExecResult>,
  input: {
    readonly argv: readonly string[];
    readonly location: SandboxLocation;
    readonly state: SandboxState;
    readonly pidFile: string;
    readonly options: ExecOptions;
    readonly context: SandboxContext;
    readonly ended: AbortController;
  },
): Promise<ExecResult> {
  const { argv, location, options, context } = input;
  const { host, signal } = context;
  const over = new AbortController();
  const stop = new Promise<"aborted" | "timeout">((resolve) => {
    if (signal.aborted) resolve("aborted");
    const aborted = (): void => {
      resolve("aborted");
    };
    signal.addEventListener("abort", aborted, { once: true, signal: over.signal });
    if (options.timeout === undefined) return;
    const late = (): void => {
      resolve("timeout");
    };
    host.clock.sleep(options.timeout, over.signal).then(late, () => undefined);
  });
  let running = true;
  const settled = run
    .then(
      (result) => ({ result }),
      (error: unknown) => ({ error }),
    )
    .finally(() => {
      running = false;
    });
  try {
    const first = await Promise.race([settled, stop]);
    if (typeof first === "object") {
      if ("result" in first) return first.result;
      // runsc exec itself was ended, say by Ctrl-C: the command may still run.
      await endCommand(input, () => running);
      signal.throwIfAborted();
      throw first.error;
    }
    await endCommand(input, () => running);
    await Promise.race([settled, host.clock.sleep(outputGrace * 2)]);
    input.ended.abort();
    await settled;
    signal.throwIfAborted();
    throw new SandkubeError({
      title: "The command took too long",
      message: `${argv.join(" ")} did not end within ${String((options.timeout ?? 0) / 1000)} s in sandbox "${location.name}" and was ended.`,
      exit: "timeout",
    });
  } finally {
    over.abort();
  }
}

async function endCommand(
  input: {
    readonly location: SandboxLocation;
    readonly state: SandboxState;
    readonly pidFile: string;
    readonly context: SandboxContext;
  },
  isRunning: () => boolean,
): Promise<void> {
  const { host } = input.context;
  const pid = await pidOf(host, input.pidFile, isRunning);
  // Where the sandbox was deleted meanwhile, writing a file would bring its directory back.
  if (pid === undefined || (await describeSandbox(host, input.location)).state !== "running") return;
  const { base, command } = await prepare(host, input.location, input.state, ["/bin/sh", "-c", endScript, "end", pid], {
    cwd: "/",
  });
  try {
    await host.commands.run(command, { acceptedExitCodes: "any", timeout: 10_000, outputGrace });
  } finally {
    await removeFiles(host, base);
  }
}

/** runsc writes the file just after it has started the command; undefined where it never does. */
async function pidOf(host: Host, path: string, isRunning: () => boolean): Promise<string | undefined> {
  const deadline = host.clock.monotonic() + 10_000;
  for (;;) {
    const last = !isRunning() || host.clock.monotonic() > deadline;
    const pid = (await host.files.readTextIfPresent(path))?.trim();
    if (pid !== undefined && /^[1-9]\d*$/.test(pid)) return pid;
    if (last) return undefined;
    await host.clock.sleep(20);
  }
}

/** No pid file: runsc did not start the command, and its words are on stderr. */
async function notStarted(
  host: Host,
  location: SandboxLocation,
  argv: readonly string[],
  result: ExecResult,
): Promise<SandkubeError> {
  await requireRunning(host, location);
  return cannotStart(location.name, argv, result.stderr);
}

function cannotStart(name: string, argv: readonly string[], said: string): SandkubeError {
  return new SandkubeError({
    title: "The command could not be started",
    message: `${argv.join(" ")} did not start in sandbox "${name}". ${said.trim()}`.trim(),
    hint: "See whether the program and the working directory exist inside.",
    exit: "notFound",
  });
}
