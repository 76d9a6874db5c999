import type { DescribedCommand } from "./described-command.ts";

/** Writes the completion script for fish. */
export function fishCompletion(commands: readonly DescribedCommand[]): string {
  const program = commands[0]?.path ?? "";
  const lines = commands.flatMap(({ path, flags, subcommands, choices }) => {
    const here = `complete -c ${program} -n ${quote(`__${program}_is_at ${quote(path)}`)}`;
    return [
      ...subcommands.map(({ name, description }) => `${here} -f -a ${quote(name)} -d ${quote(description)}`),
      ...(choices.length === 0 ? [] : [`${here} -f -a ${quote(choices.join(" "))}`]),
      ...flags.map(({ names, description, values }) => {
        const spelled = names.map((name) => (name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
        const value = values === undefined ? "" : values.length === 0 ? " -r" : ` -x -a ${quote(values.join(" "))}`;
        return `${here} ${spelled.join(" ")}${value} -d ${quote(description)}`;
      }),
    ];
  });
  return `# Completes ${program} in fish. To load it: ${program} completion fish | source
function __${program}_is_at
    set -l where ${quote(program)}
    for word in (commandline -opc)[2..-1]
        switch "$where $word"
            case ${commands
              .slice(1)
              .map(({ path }) => quote(path))
              .join(" ")}
                set where "$where $word"
        end
    end
    test "$where" = $argv[1]
end
${lines.join("\n")}
`;
}

/** In fish's single quotes a backslash and a quote are written with a backslash. */
function quote(word: string): string {
  return `'${word.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
