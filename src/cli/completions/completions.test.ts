import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Argument, Command, Option } from "commander";
import { bashCompletion } from "./bash.ts";
import { describeCommands, type DescribedCommand } from "./described-command.ts";
import { fishCompletion } from "./fish.ts";
import { zshCompletion } from "./zsh.ts";

const directory = mkdtempSync(join(tmpdir(), "sandkube-completion-"));

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** A program of our own, so that the tests do not change with sandkube's commands. */
function program(): Command {
  const program = new Command("sandkube").enablePositionalOptions();
  program
    .command("up")
    .description("bring it up; it's easy: try")
    .addOption(new Option("--mode <mode>", "what to run").choices(["node", "control-plane"]))
    .option("-c, --config <file>", "a file")
    .option("--no-wait", "return at once")
    .addOption(new Option("--secret").hideHelp());
  program.command("kubectl").description("run kubectl").argument("[words...]").allowUnknownOption();
  const sandbox = program.command("sandbox").description("sandboxes");
  sandbox.command("create").description("make one").option("--profile <profile>").argument("<name>");
  sandbox.command("delete").description("end one");
  program.command("completion").addArgument(new Argument("<shell>").choices(["bash", "zsh", "fish"]));
  program.command("supervise", { hidden: true });
  return program;
}

const described = describeCommands(program());

/** The words that are offered at the end of a command line; each shell's test gives the line in its own way. */
type Complete = (...line: string[]) => string[];

/** What every shell has to offer. */
function behavesAsItShould(complete: Complete): void {
  it("offers the commands, and not the hidden one", () => {
    expect(complete("")).toEqual(["completion", "help", "kubectl", "sandbox", "up"]);
  });

  it("offers what begins as the word does", () => {
    expect(complete("sa")).toEqual(["sandbox"]);
    expect(complete("sup")).toEqual([]);
  });

  it("offers the commands below a command, which may follow flags", () => {
    expect(complete("sandbox", "")).toEqual(["create", "delete", "help"]);
  });

  it("offers a command's flags, and not the hidden one", () => {
    expect(complete("up", "--")).toEqual(["--config", "--help", "--mode", "--no-wait"]);
    expect(complete("sandbox", "create", "--p")).toEqual(["--profile"]);
  });

  it("offers the values of a flag and of an argument", () => {
    expect(complete("up", "--mode", "")).toEqual(["control-plane", "node"]);
    expect(complete("up", "--no-wait", "--mode", "n")).toEqual(["node"]);
    expect(complete("completion", "")).toEqual(["bash", "fish", "zsh"]);
    expect(complete("help", "u")).toEqual(["up"]);
  });
}

describe("describeCommands", () => {
  it("knows a flag with a value from one without", () => {
    const up = described.find(({ path }) => path === "sandkube up");
    expect(up?.flags.map(({ names, values }) => [names, values])).toEqual([
      [["--mode"], ["node", "control-plane"]],
      [["-c", "--config"], []],
      [["--no-wait"], undefined],
      [["-h", "--help"], undefined],
    ]);
  });
});

describe("bash", () => {
  const script = join(directory, "bash");
  writeFileSync(script, bashCompletion(described));

  function complete(...line: string[]): string[] {
    const { stdout, stderr } = spawnSync(
      "bash",
      [
        "--norc",
        "-c",
        `source "$0"; COMP_WORDS=(sandkube "$@"); COMP_CWORD=$#; _sandkube; printf '%s\\n' "\${COMPREPLY[@]}"`,
        script,
        ...line,
      ],
      { encoding: "utf8" },
    );
    expect(stderr).toBe("");
    return stdout.split("\n").filter((word) => word !== "").sort();
  }

  behavesAsItShould(complete);

  it("offers short flags too", () => {
    expect(complete("up", "-")).toEqual(["--config", "--help", "--mode", "--no-wait", "-c", "-h"]);
  });

  it("takes --flag=value, which bash splits", () => {
    expect(complete("up", "--mode", "=")).toEqual(["control-plane", "node"]);
    expect(complete("up", "--mode", "=", "c")).toEqual(["control-plane"]);
  });

  it("leaves files to bash where a flag may have any value, and what belongs to another program", () => {
    expect(complete("up", "--config", "")).toEqual([]);
    expect(complete("kubectl", "get", "")).toEqual([]);
    expect(complete("sandbox", "--", "")).toEqual([]);
  });

  it("is registered for the program, with files as a last resort", () => {
    const { stdout } = spawnSync("bash", ["--norc", "-c", `source "$0"; complete -p sandkube`, script], {
      encoding: "utf8",
    });
    expect(stdout.trim()).toBe("complete -o default -F _sandkube sandkube");
  });
});

const zsh = isInstalled("zsh");
describe.skipIf(!zsh)("zsh", () => {
  const script = join(directory, "zsh");
  writeFileSync(script, zshCompletion(described));
  // zsh completes in a line editor only: its functions are replaced by ones that print what they are given.
  const stubs = `
    compdef() {}
    _files() {}
    compadd() { shift; print -rl -- "$@" }
    _describe() { [[ $1 == -o ]] && shift; print -rl -- "\${(@)\${(@P)2}%%:*}" }`;

  behavesAsItShould((...line) => {
    const { stdout, stderr } = spawnSync(
      "zsh",
      ["-f", "-c", `${stubs}\nsource $0; words=(sandkube "$@"); CURRENT=$#words; _sandkube`, script, ...line],
      { encoding: "utf8" },
    );
    expect(stderr).toBe("");
    // zsh itself keeps what begins as the word does; a long flag is meant where a word begins with two dashes.
    const word = line.at(-1) ?? "";
    return stdout.split("\n").filter((offer) => offer !== "" && offer.startsWith(word)).sort();
  });
});

const fish = isInstalled("fish");
describe.skipIf(!fish)("fish", () => {
  const script = join(directory, "fish");
  writeFileSync(script, fishCompletion(described));

  behavesAsItShould((...line) => {
    const { stdout, stderr } = spawnSync(
      "fish",
      ["--no-config", "-c", `source $argv[1]; complete -C $argv[2]`, script, ["sandkube", ...line].join(" ")],
      { encoding: "utf8", env: { ...process.env, HOME: directory } },
    );
    expect(stderr).toBe("");
    return stdout.split("\n").flatMap((offer) => (offer === "" ? [] : [offer.split("\t")[0] ?? ""])).sort();
  });
});

function isInstalled(shell: string): boolean {
  const found = spawnSync(shell, ["--version"]).error === undefined;
  if (!found) process.stderr.write(`Skipped: the completion script in a real ${shell}, because ${shell} is not installed.\n`);
  return found;
}

describe("descriptions", () => {
  it("cannot break out of the script, whatever is written in them", () => {
    const nasty: readonly DescribedCommand[] = describeCommands(
      new Command("sandkube").addCommand(new Command("up").description(`it's "$(touch ${directory}/broken)" \\`)),
    );
    for (const [shell, text] of [
      ["bash", bashCompletion(nasty)],
      ["zsh", zshCompletion(nasty)],
    ] as const) {
      if (shell === "zsh" && !zsh) continue;
      writeFileSync(join(directory, "nasty"), text);
      expect(spawnSync(shell, ["-n", join(directory, "nasty")], { encoding: "utf8" }).stderr).toBe("");
    }
  });
});
