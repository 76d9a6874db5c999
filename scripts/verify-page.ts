import { verifyList } from "../src/cluster/verify.ts";

/** Writes docs/verify.md: every check of the catalogue, what it claims and of which clusters. */
export function verifyPage(): string {
  const { checks } = verifyList();
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    "<!-- Made by `npm run docs` from src/evidence/catalogue.ts. -->",
    "",
    "# What `sandkube verify` proves",
    "",
    "Each check proves one claim about the running cluster and keeps the evidence: what was asked and what was answered. Its outcome is",
    "",
    "- `proved`: the claim was seen to hold;",
    "- `refuted`: it was seen not to hold;",
    "- `inconclusive`: it could not be told, for the reason given: something that the check stands on did not work, or time ran out;",
    "- `not-applicable`: there is nothing of the kind in this cluster, or sandkube does not claim it.",
    "",
    "The verdict is `proved` where every check that applies is, `refuted` where one is refuted, and `inconclusive` otherwise; the exit code",
    "says the same (0, 10, 11). All that checks make lies in two namespaces with random names and is removed at the end, also after Ctrl-C;",
    "what could not be removed is listed in `left`. What a killed run has left is removed by the next. The last report is kept in the state",
    "directory as `verification.json`.",
    "",
    "For each remedy in force there is one check more, `remedy-ID`: what the remedy was applied for does not stop anything any more, measured",
    "again from where it acts or, where nothing could be measured, shown by a check that could not be proved without it.",
    "",
    "`--only` takes the ids of checks, separated by commas, and runs them and what they stand on; `--skip` leaves some out.",
    "",
    row(["check", "claim", "for", "stands on"]),
    row(["---", "---", "---", "---"]),
    ...checks.map(({ id, claim, modes, needs }) =>
      row([
        `\`${id}\``,
        claim,
        modes.length === 3 ? "every mode" : modes.join(", "),
        needs === null ? "" : `\`${needs}\``,
      ]),
    ),
    "",
  ].join("\n");
}
