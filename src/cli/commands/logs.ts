import { Argument, Command, InvalidArgumentError } from "commander";
import { located, withClusterFlags, type ClusterFlags } from "../cluster-flags.ts";
import type { CommandIo } from "../command-io.ts";

interface Flags extends ClusterFlags {
  readonly lines: number;
  readonly follow?: boolean;
}

/** `sandkube logs COMPONENT` */
export function logsCommand(io: CommandIo): Command {
  return withClusterFlags(new Command("logs"))
    .description("print a component's log")
    .addArgument(new Argument("<component>", "kubelet, kube-apiserver, ..., or supervisor"))
    .option("-n, --lines <count>", "how many of its last lines", parseCount, 100)
    .option("-f, --follow", "go on printing what comes")
    .action(async (component: string, flags: Flags) => {
      const { componentLogs } = await import("../../cluster/component-logs.ts");
      const { name, stateDirectory } = await located(flags, io);
      await componentLogs(
        { name, stateDirectory, component, lines: flags.lines, follow: flags.follow === true, write: io.stdout },
        io,
      );
    });
}

function parseCount(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("Not a number of lines.");
  return Number(text);
}
