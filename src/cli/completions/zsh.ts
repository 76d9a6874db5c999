import { quoteForShell, type DescribedCommand } from "./described-command.ts";

/** Writes the completion script for zsh. */
export function zshCompletion(commands: readonly DescribedCommand[]): string {
  const program = commands[0]?.path ?? "";
  const paths = commands.slice(1).map(({ path }) => quoteForShell(path));
  const valued = commands.flatMap(({ path, flags }) =>
    flags.flatMap(({ names, values }) => {
      if (values === undefined) return [];
      const offer = values.length === 0 ? "_files" : `compadd -- ${values.map(quoteForShell).join(" ")}`;
      return [`    ${names.map((name) => quoteForShell(`${path} ${name}`)).join("|")}) ${offer}; return ;;`];
    }),
  );
  const list = (entries: readonly { readonly name: string; readonly description: string }[]): string =>
    entries.map(({ name, description }) => quoteForShell(`${name.replaceAll(":", "\\:")}:${description}`)).join(" ");
  const offered = commands.map(({ path, flags, subcommands, choices }) => {
    const words = [...subcommands, ...choices.map((name) => ({ name, description: name }))];
    const names = flags.flatMap(({ names, description }) => names.map((name) => ({ name, description })));
    return `    ${quoteForShell(path)}) entries=(${list(words)}); flags=(${list(names)}) ;;`;
  });
  return `#compdef ${program}
# Completes ${program} in zsh. To load it: source <(${program} completion zsh)
_${program}() {
  local where=${quoteForShell(program)} index
  local -a entries flags
  for ((index = 2; index < CURRENT; index++)); do
    [[ $words[index] == -- ]] && { _files; return; }
    case "$where $words[index]" in
    ${paths.join("|")}) where+=" $words[index]" ;;
    esac
  done
  case "$where $words[CURRENT-1]" in
${valued.join("\n")}
  esac
  case $where in
${offered.join("\n")}
  esac
  if [[ $words[CURRENT] == -* ]]; then _describe -o flag flags
  elif (( $#entries )); then _describe command entries
  else _files; fi
}
if [[ $funcstack[1] == _${program} ]]; then _${program} "$@"; else compdef _${program} ${program}; fi
`;
}
