import { Command } from "commander";
import type { LabListReport, LabReport } from "../../cluster/lab.ts";
import { collect, parseSeconds, withOutputFlag, type OutputFlags } from "../cluster-flags.ts";
import { writeResult, type CommandIo } from "../command-io.ts";
import { renderLab } from "../renderers/lab.ts";
import { table } from "../renderers/table.ts";
import { supervisorCommand } from "../supervisor-command.ts";

interface Flags extends OutputFlags {
  readonly gvisor?: readonly string[];
  readonly here?: boolean;
  readonly list?: boolean;
  readonly timeout: number;
}

/** Seconds that one experiment's cluster may take to come up. */
const defaultTimeout = 120;

/** `sandkube lab` */
export function labCommand(io: CommandIo): Command {
  return withOutputFlag(new Command("lab"))
    .description("run clusters with remedies alone, together and left out, and say how far each gets")
    .argument("[experiment...]", "ids of experiments (default: all; --list shows them)")
    .option("--gvisor <version>", "make sandboxes of this version; may be given several times (default: all)", collect)
    .option("--here", "on this machine itself, or in the sandbox you are in")
    .option("--list", "show the experiments for this machine, and run none")
    .option(
      "--timeout <duration>",
      "how long one cluster may take to come up, such as 90s",
      parseSeconds,
      defaultTimeout,
    )
    .action(async (experiments: readonly string[], flags: Flags) => {
      const { lab, labList } = await import("../../cluster/lab.ts");
      if (flags.list === true) {
        writeResult(io, flags.output, await labList(io), renderList);
        return;
      }
      const { gvisorVersions } = await import("../../cluster/sandboxes.ts");
      const report = await lab(
        {
          experiments,
          gvisor: flags.here === true ? undefined : (flags.gvisor ?? Object.keys(gvisorVersions).sort().reverse()),
          timeout: flags.timeout,
          supervisorCommand: supervisorCommand(),
        },
        io,
      );
      writeResult<LabReport>(io, flags.output, report, renderLab);
    });
}

function renderList({ experiments }: LabListReport): string {
  return table(
    ["EXPERIMENT", "WHAT IT TRIES", "REMEDIES"],
    experiments.map(({ id, title, remedies }) => [id, title, remedies.length === 0 ? "none" : remedies.join(", ")]),
  );
}
