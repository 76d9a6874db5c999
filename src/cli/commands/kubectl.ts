import { Command } from "commander";
import { located, withClusterFlags, type ClusterFlags } from "../cluster-flags.ts";
import type { CommandIo } from "../command-io.ts";

/** `sandkube kubectl ...` */
export function kubectlCommand(io: CommandIo): Command {
  return withClusterFlags(new Command("kubectl"))
    .description("run kubectl of the cluster's own version against it")
    .usage("[--name NAME] KUBECTL-ARGUMENTS...")
    .argument("[arguments...]")
    .passThroughOptions()
    .allowUnknownOption()
    .action(async (words: readonly string[], flags: ClusterFlags) => {
      const { kubectl } = await import("../../cluster/kubectl.ts");
      const { name, stateDirectory } = await located(flags, io);
      io.exit(await kubectl(name, stateDirectory, words, io));
    });
}
