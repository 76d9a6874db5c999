import { quoteForShell, type DescribedCommand } from "./described-command.ts";

/** Writes the completion script for bash. */
export function bashCompletion(commands: readonly DescribedCommand[]): string {
  const program = commands[0]?.path ?? "";
  const paths = commands.slice(1).map(({ path }) => quoteForShell(path));
  const valued = commands.flatMap(({ path, flags }) =>
    flags.flatMap(({ names, values }) =>
      values === undefined
        ? []
        : [`    ${names.map((name) => quoteForShell(`${path} ${name}`)).join("|")}) words=${quoteForShell(values.join(" "))} ;;`],
    ),
  );
  const offered = commands.map(({ path, flags, subcommands, choices }) => {
    const words = [...subcommands.map(({ name }) => name), ...choices];
    const names = flags.flatMap(({ names }) => names);
    return `    ${quoteForShell(path)}) words=${quoteForShell(words.join(" "))}; flags=${quoteForShell(names.join(" "))} ;;`;
  });
  return `# Completes ${program} in bash. To load it: source <(${program} completion bash)
_${program}() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  local where=${quoteForShell(program)} words= flags= index
  # bash takes --flag=value for three words.
  if [[ $current == = ]]; then current=
  elif [[ $previous == = ]]; then previous=\${COMP_WORDS[COMP_CWORD - 2]}; fi
  for ((index = 1; index < COMP_CWORD; index++)); do
    [[ \${COMP_WORDS[index]} == -- ]] && return
    case "$where \${COMP_WORDS[index]}" in
    ${paths.join("|")}) where+=" \${COMP_WORDS[index]}" ;;
    esac
  done
  # Nothing is offered for a value that may be anything; bash then offers files.
  case "$where $previous" in
${valued.join("\n")}
  *)
    case $where in
${offered.join("\n")}
    esac
    [[ $current == -* ]] && words=$flags
    ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o default -F _${program} ${program}
`;
}
