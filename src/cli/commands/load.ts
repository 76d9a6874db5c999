import { Command } from "commander";
import { located, withClusterFlags, withOutputFlag, type ClusterFlags, type OutputFlags } from "../cluster-flags.ts";
import { writeResult, type CommandIo } from "../command-io.ts";

/** `sandkube load ARCHIVE...` */
export function loadCommand(io: CommandIo): Command {
  return withOutputFlag(withClusterFlags(new Command("load")))
    .description("give image archives (docker save, OCI layout) to the node")
    .argument("<archive...>", "files; - for what comes from standard input")
    .action(async (archives: readonly string[], flags: ClusterFlags & OutputFlags) => {
      const { loadImages } = await import("../../cluster/load-images.ts");
      const { name, stateDirectory } = await located(flags, io);
      writeResult(io, flags.output, await loadImages(name, stateDirectory, archives, process.stdin, io), ({ images }) =>
        images.map(({ reference, outcome }) => `${reference} ${outcome}\n`).join(""),
      );
    });
}
