import { Command } from "commander";
import { located, withClusterFlags, withOutputFlag, type ClusterFlags, type OutputFlags } from "../cluster-flags.ts";
import { writeResult, type CommandIo } from "../command-io.ts";

interface Flags extends ClusterFlags, OutputFlags {
  readonly keepState?: boolean;
}

/** `sandkube down` */
export function downCommand(io: CommandIo): Command {
  return withOutputFlag(withClusterFlags(new Command("down")))
    .description("stop a cluster and remove everything `up` made")
    .option("--keep-state", "keep the datastore for the next `up`")
    .action(async (flags: Flags) => {
      const { down } = await import("../../cluster/down.ts");
      const { name, stateDirectory } = await located(flags, io);
      const report = await down(name, stateDirectory, { keepState: flags.keepState === true }, io);
      writeResult(io, flags.output, report, (result) =>
        result.keptState
          ? `The cluster "${result.cluster}" is stopped; its state is kept.\n`
          : `The cluster "${result.cluster}" is gone.\n`,
      );
    });
}
