import { Command } from "commander";
import { withOutputFlag, type OutputFlags } from "../cluster-flags.ts";
import { writeResult, type CommandIo } from "../command-io.ts";

/** `sandkube version` */
export function versionCommand(io: CommandIo): Command {
  return withOutputFlag(new Command("version"))
    .description("show the versions of sandkube and of what it runs")
    .action(async (flags: OutputFlags) => {
      const { versions } = await import("../../cluster/versions.ts");
      writeResult(io, flags.output, await versions(io), ({ sandkube, artifacts }) =>
        [`sandkube ${sandkube}\n`, ...artifacts.map(({ name, version }) => `${name} ${version}\n`)].join(""),
      );
    });
}
