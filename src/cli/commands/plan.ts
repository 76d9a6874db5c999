import { Command, Option } from "commander";
import type { PlanClusterReport } from "../../cluster/plan-cluster.ts";
import { clusterModes, type ClusterMode } from "../../contract/cluster-spec.ts";
import { exitCode } from "../../contract/exit-code.ts";
import {
  located,
  collect,
  withClusterFlags,
  withOutputFlag,
  type ClusterFlags,
  type OutputFlags,
} from "../cluster-flags.ts";
import { writeResult, type CommandIo } from "../command-io.ts";
import { style } from "../renderers/style.ts";

interface Flags extends ClusterFlags, OutputFlags {
  readonly mode?: ClusterMode;
  readonly avoidRemedy?: readonly string[];
  readonly facts?: string;
}

/** `sandkube plan` */
export function planCommand(io: CommandIo): Command {
  return withOutputFlag(withClusterFlags(new Command("plan")))
    .description("say what `up` would do on this machine, or on another, and why")
    .addOption(
      new Option("--mode <mode>", "what to plan for (default: the fullest that the machine allows)").choices(
        clusterModes,
      ),
    )
    .option("--avoid-remedy <id>", "a remedy that is not to be applied; may be given several times", collect)
    .option("--facts <file>", "plan for facts that `sandkube doctor --save` wrote, here or elsewhere")
    .action(async (flags: Flags) => {
      const { planCluster } = await import("../../cluster/plan-cluster.ts");
      const { stateDirectory } = await located(flags, io);
      const report = await planCluster(
        { stateDirectory, mode: flags.mode, avoided: flags.avoidRemedy ?? [], facts: flags.facts },
        io,
      );
      writeResult(io, flags.output, report, (result) => renderPlan(result, io.colour.stdout));
      if (report.verdict === "impossible") io.exit(exitCode.unsupported);
    });
}

function renderPlan({ verdict, rung, refused, steps, accepted }: PlanClusterReport, colour: boolean): string {
  const lines: string[] = [];
  for (const { title, because } of refused) {
    lines.push(`${style("cannot", "bad", colour)} run ${title}:`, ...because.map((line) => `  ${line}`));
  }
  if (rung === null) return [...lines, "Nothing is left to run on this machine.", ""].join("\n");
  const fidelity = style(`[${rung.fidelity}]`, rung.fidelity === "exact" ? "good" : "bad", colour);
  lines.push(`${style("would", "good", colour)} run ${rung.title} ${fidelity}`, `  ${rung.disclosure}`);
  if (verdict === "uncertain") lines.push("  Something of it could not be judged; it may fail.");
  lines.push(steps.length === 0 ? "No remedy is needed." : "Remedies, in order:");
  for (const { remedy, title, fidelity: how, cost, disclosure, clears, rejected } of steps) {
    lines.push(
      `  ${title} ${style(`[${how}]`, how === "exact" ? "good" : "warn", colour)} (${remedy})`,
      ...clears.map(({ title: blocker, because }) => `    why: ${blocker}: ${because}`),
      ...rejected.map(({ remedy: other, because }) => `    not ${other}: ${because}`),
      `    cost: ${cost}`,
      `    ${disclosure}`,
    );
  }
  if (accepted.length > 0) lines.push("Left as it is:");
  lines.push(...accepted.map(({ title, because }) => `  ${title}: ${because}`), "");
  return lines.join("\n");
}
