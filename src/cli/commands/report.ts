import { Command, Option } from "commander";
import { SandkubeError } from "../../contract/sandkube-error.ts";
import { located, withClusterFlags, withOutputFlag, type ClusterFlags, type OutputFlags } from "../cluster-flags.ts";
import { writeResult, type CommandIo } from "../command-io.ts";

const formats = ["markdown", "html"] as const;

interface Flags extends ClusterFlags, OutputFlags {
  readonly format?: (typeof formats)[number];
  readonly file?: string;
}

/** `sandkube report` */
export function reportCommand(io: CommandIo): Command {
  return withOutputFlag(withClusterFlags(new Command("report")))
    .description("say all that is known of the cluster, running or not, with the evidence")
    .addOption(
      new Option(
        "--format <format>",
        "how it is written for people (default: html for a --file that ends so, else markdown)",
      ).choices(formats),
    )
    .option("--file <path>", "write it to a file, and its path to standard output")
    .action(async (flags: Flags) => {
      if (flags.output === "json" && flags.format !== undefined && flags.file === undefined) {
        throw new SandkubeError({
          title: "Wrong usage",
          message: "--output json and --format ask for two forms of one output.",
          hint: "Leave one out, or name a --file for the page.",
          exit: "usage",
        });
      }
      const { renderReport, reportCluster, saveReport } = await import("../../cluster/report.ts");
      const { name, stateDirectory } = await located(flags, io);
      const report = await reportCluster(name, stateDirectory, io);
      const format = flags.format ?? (/\.html?$/i.test(flags.file ?? "") ? "html" : "markdown");
      const path =
        flags.file === undefined ? undefined : await saveReport(flags.file, renderReport(report, format), io.host);
      writeResult(io, flags.output, report, (result) =>
        path === undefined ? renderReport(result, format) : `${path}\n`,
      );
    });
}
