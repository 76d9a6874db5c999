import { Command } from "commander";
import { located, withClusterFlags, type ClusterFlags } from "../cluster-flags.ts";
import type { CommandIo } from "../command-io.ts";

/** `sandkube helm ...` */
export function helmCommand(io: CommandIo): Command {
  return withClusterFlags(new Command("helm"))
    .description("run helm against the cluster: your own, or upstream's, which is built at the first use")
    .usage("[--name NAME] HELM-ARGUMENTS...")
    .argument("[arguments...]")
    .passThroughOptions()
    .allowUnknownOption()
    .action(async (words: readonly string[], flags: ClusterFlags) => {
      const { helm } = await import("../../cluster/helm.ts");
      const { name, stateDirectory } = await located(flags, io);
      io.exit(await helm(name, stateDirectory, words, io));
    });
}
