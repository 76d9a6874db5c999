import { Command } from "commander";
import { located, withClusterFlags, type ClusterFlags } from "../cluster-flags.ts";
import type { CommandIo } from "../command-io.ts";

interface Flags extends ClusterFlags {
  readonly path?: boolean;
}

/** `sandkube kubeconfig` */
export function kubeconfigCommand(io: CommandIo): Command {
  return withClusterFlags(new Command("kubeconfig"))
    .description("print the administrator's kubeconfig")
    .option("--path", "print where the file is instead")
    .action(async (flags: Flags) => {
      const { readKubeconfig } = await import("../../cluster/kubeconfig.ts");
      const { name, stateDirectory } = await located(flags, io);
      const { path, text } = await readKubeconfig(name, stateDirectory, io.host);
      io.stdout(flags.path === true ? `${path}\n` : text);
    });
}
