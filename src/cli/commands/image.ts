import { Command } from "commander";
import { bytes } from "../../contract/quantities.ts";
import { withClusterFlags, withOutputFlag, type ClusterFlags, type OutputFlags } from "../cluster-flags.ts";
import { writeResult, type CommandIo } from "../command-io.ts";
import { table } from "../renderers/table.ts";

type Flags = ClusterFlags & OutputFlags;

/** `sandkube image ...` */
export function imageCommand(io: CommandIo): Command {
  const command = new Command("image").description("the images that the node holds; `load` adds to them");
  const subcommand = (name: string): Command => withOutputFlag(withClusterFlags(new Command(name)));
  command.addCommand(
    subcommand("list")
      .description("show the node's images")
      .action(async (flags: Flags) => {
        const { listImages } = await import("../../cluster/images.ts");
        const { name, stateDirectory } = await located(flags, io);
        writeResult(io, flags.output, await listImages(name, stateDirectory, io), ({ images }) =>
          table(
            ["IMAGE", "SIZE", "PINNED", "DIGEST"],
            images.flatMap(({ references, sizeBytes, pinned, digest }) =>
              (references.length === 0 ? ["-"] : references).map((reference) => [
                ...[reference, bytes(sizeBytes), pinned ? "yes" : "no", digest.slice(0, 19)],
              ]),
            ),
          ),
        );
      }),
  );
  command.addCommand(
    subcommand("remove")
      .description("remove images from the node; those that pods use are refused")
      .argument("<image...>")
      .action(async (images: readonly string[], flags: Flags) => {
        const { removeImages } = await import("../../cluster/images.ts");
        const { name, stateDirectory } = await located(flags, io);
        writeResult(io, flags.output, await removeImages(name, stateDirectory, images, io), ({ removed }) =>
          removed.map((reference) => `${reference} removed\n`).join(""),
        );
      }),
  );
  command.addCommand(
    subcommand("save")
      .description("write images of the node to an archive that load, docker and podman read")
      .argument("<image...>")
      .requiredOption("--file <path>", "the archive to write")
      .action(async (images: readonly string[], flags: Flags & { readonly file: string }) => {
        const { saveImages } = await import("../../cluster/images.ts");
        const { name, stateDirectory } = await located(flags, io);
        writeResult(
          io,
          flags.output,
          await saveImages(name, stateDirectory, images, flags.file, io),
          (result) => `${result.file} (${bytes(result.bytes)})\n`,
        );
      }),
  );
  return command;
}

async function located(
  flags: Flags,
  io: CommandIo,
): Promise<{ readonly name: string; readonly stateDirectory: string }> {
  const { locateCluster } = await import("../../cluster/state-directory.ts");
  return locateCluster(flags.name, flags.stateDir, io.host);
}
