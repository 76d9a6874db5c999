import type { Command } from "commander";

/** A flag as a completion script knows it. */
export interface DescribedFlag {
  /** `-o`, `--output`. */
  readonly names: readonly string[];
  readonly description: string;
  /** The values it may have; empty: any, such as a file; undefined: it takes none. */
  readonly values: readonly string[] | undefined;
}

/** A command as a completion script knows it. */
export interface DescribedCommand {
  /** Its words, from the program's name on: `sandkube sandbox create`. */
  readonly path: string;
  readonly flags: readonly DescribedFlag[];
  readonly subcommands: readonly { readonly name: string; readonly description: string }[];
  /** What its first argument may be. */
  readonly choices: readonly string[];
}

/** Describes a command and all below it, as its help does: what help hides is left out. */
export function describeCommands(command: Command, path = command.name()): readonly DescribedCommand[] {
  const help = command.createHelp();
  const subcommands = help.visibleCommands(command);
  const described: DescribedCommand = {
    path,
    flags: help.visibleOptions(command).map((option) => ({
      names: [option.short, option.long].filter((name) => name !== undefined),
      description: option.description,
      values: option.required || option.optional ? (option.argChoices ?? []) : undefined,
    })),
    subcommands: subcommands.map((subcommand) => ({
      name: subcommand.name(),
      description: help.subcommandDescription(subcommand),
    })),
    choices: command.registeredArguments[0]?.argChoices ?? [],
  };
  return [
    described,
    ...subcommands.flatMap((subcommand) => {
      const below = describeCommands(subcommand, `${path} ${subcommand.name()}`);
      // Commander makes this one by itself, and knows nothing of what it explains.
      const explained = subcommands.map((other) => other.name()).filter((name) => name !== "help");
      return subcommand.name() === "help" ? below.map((help) => ({ ...help, choices: explained })) : below;
    }),
  ];
}

/** Quotes a word for bash and zsh. */
export function quoteForShell(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
