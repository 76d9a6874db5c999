import { Command, InvalidArgumentError } from "commander";
import type { ImageOptions } from "../../cluster/build-image.ts";
import { bytes } from "../../contract/quantities.ts";
import { SandkubeError } from "../../contract/sandkube-error.ts";
import {
  collect,
  located,
  withClusterFlags,
  withOutputFlag,
  type ClusterFlags,
  type OutputFlags,
} from "../cluster-flags.ts";
import { writeResult, type CommandIo } from "../command-io.ts";
import { table } from "../renderers/table.ts";

type Flags = ClusterFlags & OutputFlags;

interface BuildFlags extends ClusterFlags, OutputFlags {
  readonly tag: string;
  readonly file?: string;
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly env?: readonly string[];
  readonly workdir?: string;
  readonly user?: string;
}

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
  command.addCommand(
    subcommand("build")
      .description("make an image of a directory, for the node or as an archive")
      .argument("<directory>", "what is to be the image's root directory")
      .requiredOption("--tag <image>", "its name, such as app:1")
      .option("--file <path>", "write an archive instead of giving it to the node")
      .option("--entrypoint <json>", "what containers start, such as '[\"/app\"]'", parseWords)
      .option("--cmd <json>", "arguments that a pod may replace, in the same form", parseWords)
      .option("--env <name=value>", "a variable; may be given several times", collect)
      .option("--workdir <path>", "where they start (default: /)")
      .option("--user <user>", "who they run as: a name, a number, or UID:GID (default: root)")
      .action(async (directory: string, flags: BuildFlags) => {
        const { buildImageFile, buildImageOnNode } = await import("../../cluster/build-image.ts");
        const options = { directory, tag: flags.tag, config: configOf(flags) };
        const built =
          flags.file === undefined
            ? await located(flags, io).then(({ name, stateDirectory }) =>
                buildImageOnNode(options, name, stateDirectory, io),
              )
            : await buildImageFile(options, flags.file, io);
        writeResult(io, flags.output, built, (result) =>
          result.file === null
            ? `${result.reference} ${result.outcome ?? ""}\n`
            : `${result.file} (${bytes(result.bytes)})\n`,
        );
      }),
  );
  return command;
}

function configOf({ entrypoint, cmd, env, workdir, user }: BuildFlags): ImageOptions["config"] {
  return {
    ...(entrypoint === undefined ? {} : { entrypoint }),
    ...(cmd === undefined ? {} : { cmd }),
    ...(env === undefined ? {} : { env: Object.fromEntries(env.map(variable)) }),
    ...(workdir === undefined ? {} : { workingDir: workdir }),
    ...(user === undefined ? {} : { user }),
  };
}

/** Splits NAME=VALUE. */
function variable(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new SandkubeError({
    title: "Wrong usage",
    message: `"${text}" is no variable.`,
    hint: "Write --env NAME=VALUE.",
    exit: "usage",
  });
}

/** Reads a JSON list of words, the exec form of Dockerfiles: no shell splits it differently than was meant. */
function parseWords(text: string): readonly string[] {
  try {
    const words: unknown = JSON.parse(text);
    if (Array.isArray(words) && words.length > 0 && words.every((word) => typeof word === "string")) return words;
  } catch {
    // told below
  }
  throw new InvalidArgumentError('Not a JSON list of words such as \'["/bin/app", "--flag"]\'.');
}
