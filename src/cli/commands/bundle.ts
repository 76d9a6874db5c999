import { Command, Option } from "commander";
import { bytes } from "../../contract/quantities.ts";
import { bundlePurposes, type BundlePurpose } from "../../contract/bundle-purpose.ts";
import { SandkubeError } from "../../contract/sandkube-error.ts";
import { collect, withOutputFlag, type OutputFlags } from "../cluster-flags.ts";
import { writeResult, type CommandIo } from "../command-io.ts";
import { table } from "../renderers/table.ts";

interface CreateFlags extends OutputFlags {
  readonly for: BundlePurpose;
  readonly image?: readonly string[];
}

/** `sandkube bundle ...` */
export function bundleCommand(io: CommandIo): Command {
  const command = new Command("bundle").description(
    "all that `up` needs in one file, for machines without Go or a network",
  );
  command.addCommand(
    withOutputFlag(new Command("create"))
      .description("write the binaries and images of a cluster to a file; builds what is not in the cache")
      .argument("<file>", "what to write; - for standard output")
      .addOption(
        new Option(
          "--for <purpose>",
          "cluster: whatever `up` may choose; one mode; all: what sandbox and helm need, too",
        )
          .choices(bundlePurposes)
          .default("cluster"),
      )
      .option("--image <archive>", "an image archive to take along; may be given several times", collect)
      .action(async (file: string, flags: CreateFlags) => {
        if (file === "-") refuseTwoResults(flags);
        const { createBundle } = await import("../../cluster/bundles.ts");
        const contents = { purpose: flags.for, images: flags.image ?? [] };
        const report = await createBundle(file, contents, process.stdout, io);
        const text = `${report.file} (${bytes(report.bytes)}, SHA-256 ${report.sha256})\n`;
        if (file === "-") io.progress({ kind: "note", text: `${bytes(report.bytes)}, SHA-256 ${report.sha256}` });
        else writeResult(io, flags.output, report, () => text);
      }),
  );
  command.addCommand(
    withOutputFlag(new Command("load"))
      .description("check a bundle and put what it holds into the cache, where `up` finds it")
      .argument("<file>", "the bundle; - for standard input")
      .action(async (file: string, flags: OutputFlags) => {
        const { loadBundle } = await import("../../cluster/bundles.ts");
        writeResult(io, flags.output, await loadBundle(file, process.stdin, io), ({ members }) =>
          table(
            ["NAME", "VERSION", "SIZE", "OUTCOME"],
            members.flatMap(({ name, version, bytes: size, outcome }) =>
              // The images of one archive stand below each other.
              name.split(" ").map((one) => [one, version ?? "-", bytes(size), outcome]),
            ),
          ),
        );
      }),
  );
  return command;
}

/** Standard output cannot hold the bundle and something else; a terminal has no use for it at all. */
function refuseTwoResults({ output }: OutputFlags): void {
  if (output !== "json" && !process.stdout.isTTY) return;
  throw new SandkubeError({
    title: "The bundle cannot go to standard output",
    message:
      output === "json" ? "The report that --output json asks for goes there." : "Standard output is a terminal.",
    hint: "Name a file, or send it on: sandkube bundle create - | ssh HOST sandkube bundle load -",
    exit: "usage",
  });
}
