import { Command, Option } from "commander";
import { clusterModes, type ClusterMode } from "../../contract/cluster-spec.ts";
import { withClusterFlags, withOutputFlag, type ClusterFlags, type OutputFlags } from "../cluster-flags.ts";
import { writeResult, type CommandIo } from "../command-io.ts";
import { renderDoctor } from "../renderers/doctor.ts";

interface Flags extends ClusterFlags, OutputFlags {
  readonly mode: ClusterMode;
  readonly save?: string;
  readonly facts?: string;
}

/** `sandkube doctor` */
export function doctorCommand(io: CommandIo): Command {
  return withOutputFlag(withClusterFlags(new Command("doctor")))
    .description("say what this machine has, what would stop Kubernetes, and what `up` will do about it")
    .addOption(new Option("--mode <mode>", "what to judge for").choices(clusterModes).default("node"))
    .option("--save <file>", "write the facts to a file that can be judged elsewhere")
    .option("--facts <file>", "judge facts that were saved instead of this machine")
    .action(async (flags: Flags) => {
      const { doctor } = await import("../../cluster/doctor.ts");
      const { locateCluster } = await import("../../cluster/state-directory.ts");
      const { stateDirectory } = locateCluster(flags.name, flags.stateDir, io.host);
      const report = await doctor(
        {
          stateDirectory,
          mode: flags.mode,
          ...(flags.save === undefined ? {} : { save: flags.save }),
          ...(flags.facts === undefined ? {} : { facts: flags.facts }),
        },
        io,
      );
      writeResult(io, flags.output, report, (result) => renderDoctor(result, io.colour.stdout));
    });
}
