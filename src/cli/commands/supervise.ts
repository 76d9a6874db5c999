import { Command } from "commander";
import type { CommandIo } from "../command-io.ts";

/** `sandkube supervise`: hidden; `up` runs it in the background. */
export function superviseCommand(io: CommandIo): Command {
  return new Command("supervise")
    .requiredOption("--state-dir <directory>")
    .action(async (flags: { readonly stateDir: string }) => {
      const { supervise } = await import("../../cluster/supervise.ts");
      await supervise(flags.stateDir, io.host, io.signal);
    });
}
