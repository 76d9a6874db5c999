import { Argument, Command } from "commander";
import { bashCompletion } from "../completions/bash.ts";
import { describeCommands } from "../completions/described-command.ts";
import { fishCompletion } from "../completions/fish.ts";
import { zshCompletion } from "../completions/zsh.ts";
import type { CommandIo } from "../command-io.ts";

const writers = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

/** `sandkube completion SHELL` */
export function completionCommand(io: CommandIo): Command {
  return new Command("completion")
    .description("write a script that completes sandkube's commands in a shell")
    .addArgument(new Argument("<shell>", "the shell").choices(Object.keys(writers)))
    .action((shell: keyof typeof writers, _flags: object, command: Command) => {
      io.stdout(writers[shell](describeCommands(command.parent ?? command)));
    });
}
