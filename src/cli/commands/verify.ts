import { clusterModes } from "../../contract/cluster-spec.ts";
import { Command } from "commander";
import type { VerifyListReport, VerifyReport } from "../../cluster/verify.ts";
import { exitCode, type ExitCodeName } from "../../contract/exit-code.ts";
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
import { renderVerification } from "../renderers/verification.ts";

interface Flags extends ClusterFlags, OutputFlags {
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
  readonly list?: boolean;
  readonly verbose?: boolean;
}

/** `sandkube verify` */
export function verifyCommand(io: CommandIo): Command {
  return withOutputFlag(withClusterFlags(new Command("verify")))
    .description("prove what is claimed of the running cluster, with evidence; leaves nothing behind")
    .option("--only <ids>", "only these checks and what they stand on, separated by commas", collectIds)
    .option("--skip <ids>", "all checks but these, separated by commas", collectIds)
    .option("--list", "name every check")
    .option("--verbose", "show every check, with its evidence")
    .action(async (flags: Flags) => {
      const { verify, verifyList } = await import("../../cluster/verify.ts");
      if (flags.list === true) {
        writeResult(io, flags.output, verifyList(), renderList);
        return;
      }
      const report = await verify({ ...(await located(flags, io)), only: flags.only, skip: flags.skip ?? [] }, io);
      writeResult(io, flags.output, report, (result) =>
        renderVerification(result, flags.verbose === true, io.colour.stdout),
      );
      const code = codeOf(report);
      if (code !== "ok") io.exit(exitCode[code]);
    });
}

function codeOf({ verdict, left }: VerifyReport): ExitCodeName {
  if (verdict === "proved") return left.length === 0 ? "ok" : "inconclusive";
  return verdict;
}

function collectIds(value: string, before: readonly string[] | undefined): readonly string[] {
  return value
    .split(",")
    .map((id) => id.trim())
    .filter((id) => id !== "")
    .reduce<readonly string[]>((all, id) => collect(id, all), before ?? []);
}

function renderList({ checks }: VerifyListReport): string {
  return table(
    ["CHECK", "FOR", "CLAIM"],
    checks.map(({ id, modes, claim }) => [
      id,
      modes.length === clusterModes.length ? "every mode" : modes.join(", "),
      claim,
    ]),
  );
}
