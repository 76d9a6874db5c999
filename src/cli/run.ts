import { CommanderError, type Command } from "commander";
import { exitCode } from "../contract/exit-code.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import type { CommandIo } from "./command-io.ts";
import { makeProgram } from "./program.ts";
import { renderError } from "./renderers/error.ts";

/**
 * Runs one command line and returns its exit code. Only `main` exits.
 *
 * @param argv the arguments after the program's name
 */
export async function run(argv: readonly string[], io: Omit<CommandIo, "exit">): Promise<number> {
  let code: number = exitCode.ok;
  let json = false;
  const program = makeProgram(
    {
      ...io,
      exit: (value) => {
        code = value;
      },
    },
    (text) => {
      if (!json) io.stderr(text);
    },
  );
  json = wantsJson(argv, program);
  try {
    await program.parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return exitCode.ok; // help or the version, which has been written
      if (json) io.stderr(`${JSON.stringify(renderError(usageError(error), false).json)}\n`);
      return exitCode.usage;
    }
    const rendered = renderError(io.signal.aborted ? io.signal.reason : error, io.colour.stderr);
    io.stderr(json ? `${JSON.stringify(rendered.json)}\n` : rendered.text);
    return rendered.code;
  }
}

/** Commander writes "error: ..." and, on a line of its own, "(Did you mean ...?)". */
function usageError(error: CommanderError): SandkubeError {
  const [first = "", ...more] = error.message.split("\n");
  return new SandkubeError({
    title: "Wrong usage",
    message: first.replace(/^error: /, ""),
    hint: more.length === 0 ? "`sandkube --help` shows how." : more.join(" ").replace(/^\((.*)\)$/, "$1"),
    exit: "usage",
  });
}

/**
 * Whether the result was asked for as JSON. It is looked for before the words
 * are parsed, as they may be wrong. `sandkube kubectl get pods -o json` asks
 * kubectl, not us.
 */
function wantsJson(argv: readonly string[], program: Command): boolean {
  let command = program;
  for (const word of argv) {
    const next = command.commands.find((candidate) => candidate.name() === word);
    if (next === undefined) break;
    command = next;
  }
  const isLeaf = command.commands.length === 0;
  if (isLeaf && !command.options.some(({ long }) => long === "--output")) return false;
  const end = argv.indexOf("--");
  const own = end < 0 ? argv : argv.slice(0, end);
  return own.some(
    (word, index) =>
      word === "--output=json" ||
      word === "-ojson" ||
      ((word === "--output" || word === "-o") && own[index + 1] === "json"),
  );
}
