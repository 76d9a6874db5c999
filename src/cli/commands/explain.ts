import { Command } from "commander";
import type { ExplainListReport, ExplainReport } from "../../cluster/explain.ts";
import { SandkubeError } from "../../contract/sandkube-error.ts";
import { located, withClusterFlags, withOutputFlag, type ClusterFlags, type OutputFlags } from "../cluster-flags.ts";
import { writeResult, type CommandIo } from "../command-io.ts";
import { renderExplanation } from "../renderers/explanation.ts";
import { table } from "../renderers/table.ts";

interface Flags extends ClusterFlags, OutputFlags {
  readonly list?: boolean;
  readonly facts?: string;
}

/** `sandkube explain` */
export function explainCommand(io: CommandIo): Command {
  return withOutputFlag(withClusterFlags(new Command("explain")))
    .description("say what Kubernetes wants, what is here, and what can be done about it")
    .argument("[id]", "a blocker or a remedy, as `doctor` and `plan` name them")
    .option("--list", "name every blocker and remedy")
    .option("--facts <file>", "judge facts that were saved instead of this machine")
    .action(async (id: string | undefined, flags: Flags) => {
      const { explain, explainList } = await import("../../cluster/explain.ts");
      if (flags.list === true) {
        writeResult(io, flags.output, explainList(), renderList);
        return;
      }
      if (id === undefined) {
        throw new SandkubeError({
          title: "Nothing to explain",
          message: "Name a blocker or a remedy.",
          hint: "`sandkube explain --list` names them all.",
          exit: "usage",
        });
      }
      const { stateDirectory } = await located(flags, io);
      const report: ExplainReport = await explain({ id, stateDirectory, facts: flags.facts }, io);
      writeResult(io, flags.output, report, (result) => renderExplanation(result, io.colour.stdout));
    });
}

function renderList({ blockers, remedies }: ExplainListReport): string {
  return [
    table(
      ["BLOCKER", ""],
      blockers.map(({ id, title }) => [id, title]),
    ),
    table(
      ["REMEDY", "FIDELITY", ""],
      remedies.map(({ id, fidelity, title }) => [id, fidelity, title]),
    ),
  ].join("\n");
}
