import type { DoctorReport } from "../../cluster/doctor.ts";
import type { RegistryAnswer } from "../../contract/registry-answer.ts";
import type { BlockerReport } from "../../contract/report.ts";
import { style } from "./style.ts";
import { bytes } from "../../contract/quantities.ts";

/** Shows what was found, the worst first, and what would be done. */
export function renderDoctor(
  { mode, machine, facts, blockers, plan, registries }: DoctorReport,
  colour: boolean,
): string {
  const untold = facts.filter(({ kind }) => kind === "inconclusive");
  const clear = blockers.filter(({ verdict }) => verdict === "clear").length;
  const standing = blockers.filter(({ verdict }) => verdict !== "clear");
  const lines = [
    `kernel ${machine.kernel ?? "unknown"}${machine.gvisor === true ? " (gVisor)" : ""}, ${String(machine.cpus ?? "?")} processors, ${machine.memoryBytes === null ? "? of" : bytes(machine.memoryBytes)} memory, root on ${machine.rootFilesystem ?? "?"}`,
    "",
    ...standing.flatMap((blocker) => lineOf(blocker, plan.unresolved, colour)),
    `${style("✓", "good", colour)} ${String(clear)} further blockers are not here`,
    ...untold.map(({ id, because }) => `${style("?", "warn", colour)} could not measure ${id}: ${because ?? ""}`),
    "",
    ...(registries === undefined ? [] : [...registries.map((answer) => registryLine(answer, colour)), ""]),
  ];
  switch (plan.verdict) {
    case "possible":
      lines.push(`${style(`${mode} can run here`, "good", colour)}, with ${String(plan.remedies.length)} remedies.`);
      break;
    case "uncertain":
      lines.push(`${mode} ${style("may run here", "warn", colour)}; it is not known: ${plan.uncertain.join(", ")}.`);
      break;
    case "impossible":
      lines.push(`${mode} ${style("cannot run here", "bad", colour)}: ${plan.unresolved.join(", ")}.`);
      break;
  }
  lines.push("`sandkube plan` says what `up` would do; `sandkube explain ID` tells more.", "");
  return lines.join("\n");
}

function lineOf(blocker: BlockerReport, unresolved: readonly string[], colour: boolean): string[] {
  const stops = unresolved.includes(blocker.id);
  const sign = stops ? style("✗", "bad", colour) : blocker.verdict === "unknown" ? "?" : style("!", "warn", colour);
  const does =
    blocker.remedy === undefined ? (stops ? "no remedy can be applied" : "left as it is") : `remedy: ${blocker.remedy}`;
  return [`${sign} ${blocker.title} (${blocker.id}): ${does}`, `    ${blocker.because ?? ""}`];
}

function registryLine({ registry, kind, address, proxy, verdict, because }: RegistryAnswer, colour: boolean): string {
  const sign = verdict === "answers" ? style("✓", "good", colour) : style("✗", "bad", colour);
  const which = kind === "mirror" ? `a mirror of ${registry}, ${address}` : `${registry}, ${address}`;
  const by = verdict === "answers" && proxy !== null ? ` by the proxy ${proxy}` : "";
  return `${sign} ${which}: ${because}${by}`;
}
