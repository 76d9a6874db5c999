import type { Readable, Writable } from "node:stream";

/**
 * The operating system as the rest of the program sees it. `host/` implements
 * it for the machine at hand; tests use recorded answers.
 */
export interface Host {
  readonly commands: Commands;
  readonly files: Files;
  readonly processes: Processes;
  readonly sockets: Sockets;
  readonly requests: Requests;
  readonly clock: Clock;
  /** The environment variables of this process. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Options of {@link Commands.run}. */
export interface CommandOptions {
  readonly cwd?: string;
  /** Added to the inherited environment; undefined removes a variable. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Written to standard input, which is otherwise empty. */
  readonly input?: string | Uint8Array | Readable;
  /** Milliseconds after which the command is killed. Default: 60 000. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
  /** Exit codes that are answers rather than failures. Default: only 0. */
  readonly acceptedExitCodes?: readonly number[] | "any";
  /** Called with each line of stdout and stderr as it comes. */
  readonly onLine?: (line: string) => void;
  /** Receives standard output as it comes, unchanged; it is then not captured. Not ended. */
  readonly stdout?: Writable;
  /** Receives standard error as it comes, unchanged; it is then not captured. Not ended. */
  readonly stderr?: Writable;
  /**
   * Milliseconds of silence after the program's end, after which output is
   * called complete though another process still holds it. Default: wait for it.
   */
  readonly outputGrace?: number;
  /** Gives the command this process's own stdin, stdout and stderr; nothing is captured and no timeout applies. */
  readonly attached?: boolean;
}

/** What a finished command left. */
export interface CommandResult {
  readonly argv: readonly string[];
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

/** Runs short-lived programs. Long-lived ones belong to the supervisor. */
export interface Commands {
  /**
   * Runs a program to its end.
   *
   * @throws SandkubeError that names argv, exit, duration and the end of the output
   */
  run(argv: readonly [string, ...string[]], options?: CommandOptions): Promise<CommandResult>;
  /** The absolute path of a program on PATH (and in the sbin directories), or undefined. */
  find(name: string): Promise<string | undefined>;
}

/** What `stat` says of a path. */
export interface FileStatus {
  readonly kind: "file" | "directory" | "link" | "socket" | "device" | "fifo";
  readonly size: number;
  /** Permission bits, such as 0o600. */
  readonly mode: number;
  readonly inode: bigint;
  readonly modifiedNanoseconds: bigint;
  readonly changedNanoseconds: bigint;
}

/** What `statfs` says of the filesystem that holds a path. */
export interface FileSystemStatus {
  /** The magic number, such as 0x01021997 for 9p (linux/magic.h). */
  readonly magic: number;
  readonly totalBytes: number;
  readonly freeBytes: number;
}

/** File access. All paths are absolute. Errors are Node's own, with their `code`. */
export interface Files {
  readText(path: string): Promise<string>;
  /** Like readText, but undefined where nothing is there (ENOENT, ENOTDIR). */
  readTextIfPresent(path: string): Promise<string | undefined>;
  readBytes(path: string): Promise<Uint8Array>;
  /** Replaces a file in one step (a temporary file, then rename). Makes missing parents. Default mode 0644. */
  write(path: string, data: string | Uint8Array, options?: { readonly mode?: number }): Promise<void>;
  /** Writes to an existing file in place, as /proc and /sys files need. */
  writeInPlace(path: string, data: string): Promise<void>;
  makeDirectory(path: string, options?: { readonly mode?: number }): Promise<void>;
  /** Makes a new directory under the system's temporary directory (mode 0700). */
  makeTemporaryDirectory(prefix: string): Promise<string>;
  /** Removes a file or a whole tree; nothing there is fine. Never crosses into a mount. */
  remove(path: string): Promise<void>;
  /** Removes an empty directory. */
  removeDirectory(path: string): Promise<void>;
  /** Names of the entries, sorted; undefined where nothing is there. */
  list(path: string): Promise<readonly string[] | undefined>;
  /** Follows links; undefined where nothing is there. */
  status(path: string): Promise<FileStatus | undefined>;
  /** Does not follow links. */
  linkStatus(path: string): Promise<FileStatus | undefined>;
  fileSystem(path: string): Promise<FileSystemStatus>;
  isWritable(path: string): Promise<boolean>;
  readLink(path: string): Promise<string>;
  makeLink(target: string, path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  copy(from: string, to: string): Promise<void>;
  setMode(path: string, mode: number): Promise<void>;
  openRead(path: string, options?: { readonly start?: number; readonly end?: number }): Readable;
  openWrite(path: string, options?: { readonly mode?: number }): Writable;
  /** The SHA-256 of a file's content, in lower-case hex. */
  sha256(path: string): Promise<string>;
}

/** A process, told apart from a later one with the same number by its start time. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks after boot (proc(5)). */
  readonly startTicks: number;
}

/** One entry of the process table. */
export interface ProcessStatus extends ProcessIdentity {
  readonly parent: number;
  readonly processGroup: number;
  readonly name: string;
  /** It has ended, with all its threads, and waits for its parent to ask: nothing is held any more. */
  readonly zombie: boolean;
  /** Held by a signal: it is there and does nothing. What a tracer holds for a moment is not meant. */
  readonly stopped: boolean;
  readonly rssBytes: number;
  /** Processor time used by all its threads, in user and kernel mode (milliseconds). */
  readonly cpuMs: number;
}

/** Looks at and signals processes. Starting long-lived ones is the supervisor's. */
export interface Processes {
  /** This process. */
  self(): Promise<ProcessIdentity>;
  list(): Promise<readonly ProcessStatus[]>;
  status(pid: number): Promise<ProcessStatus | undefined>;
  /** Whether exactly this process still runs (a zombie does not). */
  isAlive(identity: ProcessIdentity): Promise<boolean>;
  /** The environment a process was started with; undefined where it is gone or not ours to read. */
  environment(pid: number): Promise<Readonly<Record<string, string>> | undefined>;
  arguments(pid: number): Promise<readonly string[] | undefined>;
  /** Signals exactly this process; false where it is gone. */
  signal(identity: ProcessIdentity, signal: NodeJS.Signals): Promise<boolean>;
}

/** A question for a name server. */
export interface NameQuestion {
  /** Taken as it is; search domains do not apply. */
  readonly name: string;
  readonly type: "A" | "NS";
}

/** Whether a name server answered at all, and what. A refusal is an answer. */
export type NameAnswer =
  | { readonly answered: true; readonly code: string; readonly records: readonly string[] }
  | { readonly answered: false; readonly because: string };

/** The network as a program without privileges uses it. */
export interface Sockets {
  /** Whether a TCP listener can be opened; says why not. */
  canListen(
    address: string,
    port: number,
  ): Promise<{ readonly ok: true } | { readonly ok: false; readonly code: string }>;
  /** Whether a TCP connection succeeds within the time (milliseconds). */
  canConnect(address: string, port: number, timeout: number): Promise<boolean>;
  /** Whether something accepts on a unix socket. */
  canConnectUnix(path: string, timeout: number): Promise<boolean>;
  /** Asks one name server one question over UDP, once, with a time limit (milliseconds). */
  askNameServer(server: string, question: NameQuestion, timeout: number): Promise<NameAnswer>;
  /** The IPv4 addresses of a name as programs of this machine see them (getaddrinfo(3)); none where it has none. */
  addressesOf(name: string): Promise<readonly string[]>;
  /**
   * Takes a lock that the kernel gives back when this process ends, however it
   * ends: an abstract unix socket (unix(7)). Undefined where somebody holds it.
   */
  lock(name: string): Promise<AsyncDisposable | undefined>;
}

/** Options of {@link Requests.get}. */
export interface HttpOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** The proxy to ask, as an address that may hold a user and a password. Default: none. */
  readonly proxy?: string;
  /** The certificates of the authorities that are trusted, and no other. */
  readonly authorities: readonly string[];
  /** Milliseconds for everything. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** What came of a request. */
export type HttpAnswer =
  | { readonly kind: "answered"; readonly status: number; readonly headers: Readonly<Record<string, string>> }
  /** The proxy makes no connection to the target, and answers so itself. */
  | { readonly kind: "refused"; readonly status: number }
  /** No answer: whose fault it was, Node's code for it (ETIMEDOUT where time ran out) and its words. */
  | { readonly kind: "failed"; readonly at: "proxy" | "target"; readonly code: string; readonly because: string };

/** HTTP as a program uses it that is told of a proxy. */
export interface Requests {
  /** Sends one GET and reads the head of its answer; follows no redirect. */
  get(url: string, options: HttpOptions): Promise<HttpAnswer>;
}

/** Time, injected so that tests need not wait for it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds on a clock that never jumps. */
  monotonic(): number;
  /** Resolves after the time (milliseconds); rejects with the signal's reason when aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}
