import { exitCode, type ExitCodeName } from "./exit-code.ts";

/** What a {@link SandkubeError} is made of. */
export interface SandkubeErrorOptions {
  /** Few words: what could not be done. */
  readonly title: string;
  /** What happened, with the values that matter. */
  readonly message: string;
  /** What the user can do about it. */
  readonly hint?: string;
  readonly exit: ExitCodeName;
  /** The error beneath, kept for `--verbose` and for reports. */
  readonly cause?: unknown;
}

/**
 * A failure that the user can act on. Anything else that is thrown is a bug
 * and prints its stack.
 */
export class SandkubeError extends Error {
  override readonly name = "SandkubeError";
  readonly title: string;
  readonly hint: string | undefined;
  readonly exit: ExitCodeName;

  constructor(options: SandkubeErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.title = options.title;
    this.hint = options.hint;
    this.exit = options.exit;
  }

  /** The process exit code that goes with this error. */
  get exitCode(): number {
    return exitCode[this.exit];
  }
}
