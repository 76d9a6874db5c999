import { SandkubeError } from "../../contract/sandkube-error.ts";
import { exitCode } from "../../contract/exit-code.ts";
import { style } from "./style.ts";

/** An error as the user sees it, and the code to exit with. */
export interface RenderedError {
  readonly text: string;
  readonly code: number;
  /** For `--output json`, on stderr. */
  readonly json: unknown;
}

/** Explains an error. One that is not a {@link SandkubeError} is a bug and shows its stack. */
export function renderError(error: unknown, colour: boolean): RenderedError {
  if (error instanceof SandkubeError) {
    const { title, message, hint } = error;
    return {
      text: [
        style(`error: ${title}`, "bad", colour),
        ...message.split("\n").map((line) => `  ${line}`),
        ...(hint === undefined ? [] : [`${style("hint:", "bold", colour)} ${hint}`]),
        "",
      ].join("\n"),
      code: error.exitCode,
      json: { schema: "sandkube.dev/error/v1", title, message, hint: hint ?? null, exit: error.exit },
    };
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    text: `${style("error: this is a bug in sandkube", "bad", colour)}\n${text}\n`,
    code: exitCode.internal,
    json: { schema: "sandkube.dev/error/v1", title: "Internal error", message: text, hint: null, exit: "internal" },
  };
}
