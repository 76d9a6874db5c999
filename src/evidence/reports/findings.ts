import { bytes } from "../../contract/quantities.ts";
import type { Fidelity, ProvedRemedy } from "../../contract/remedy.ts";
import type { BlockerReport, ClusterReport, FactReport } from "../../contract/report.ts";

/** Something that is not as it seems, or not there. */
export interface Disclosure {
  readonly title: string;
  readonly fidelity: Fidelity;
  readonly text: string;
}

/** A blocker that is here or could not be judged, what was done about it, and the facts that decided. */
export interface Finding {
  readonly blocker: BlockerReport;
  /** The remedy in force; undefined: it was left as it is. */
  readonly remedy: ProvedRemedy | undefined;
  readonly facts: readonly FactReport[];
}

/** What has to be said of a cluster wherever it is shown: the rung, and every remedy that is not exact. */
export function disclosures({ rung, remedies }: ClusterReport): readonly Disclosure[] {
  const ofRung = rung.mode === "node" ? [] : [{ ...rung, text: rung.disclosure }];
  const fakes = remedies.filter(({ fidelity }) => fidelity !== "exact");
  return [...ofRung, ...fakes.map((remedy) => ({ ...remedy, text: remedy.disclosure }))].map(
    ({ title, fidelity, text }) => ({ title, fidelity, text }),
  );
}

/** The blockers that are not clear, those with a remedy first. */
export function findings({ blockers, remedies, facts }: ClusterReport): readonly Finding[] {
  const standing = blockers
    .filter(({ verdict }) => verdict !== "clear")
    .map((blocker) => ({
      blocker,
      remedy: remedies.find(({ clears }) => clears.includes(blocker.id)),
      facts: facts.filter(({ id }) => blocker.facts.includes(id)),
    }));
  return [...standing.filter(({ remedy }) => remedy !== undefined), ...standing.filter((one) => !one.remedy)];
}

/** The facts that no finding shows. */
export function furtherFacts(report: ClusterReport): readonly FactReport[] {
  const shown = new Set(findings(report).flatMap(({ facts }) => facts));
  return report.facts.filter((fact) => !shown.has(fact));
}

/** What a blocker does where nothing is done about it. */
export function consequence({ stops }: BlockerReport): string {
  return stops.length === 0 ? "Nothing would stop; something is lost." : `Would stop ${stops.join(", ")}.`;
}

/** The environment as names and values, in the order in which it is shown. */
export function environmentRows({ environment, cluster }: ClusterReport): readonly (readonly [string, string])[] {
  const { machine, limits, versions } = environment;
  const unknown = "unknown";
  const sandbox = machine.gvisor === null ? unknown : machine.gvisor ? "yes" : "no";
  const amount = (value: number | null, say: (value: number) => string = grouped): string =>
    value === null ? "none known" : say(value);
  return [
    ["Kernel", machine.kernel ?? unknown],
    ["gVisor", sandbox],
    ["Processors", machine.cpus === null ? unknown : String(machine.cpus)],
    ["Memory", machine.memoryBytes === null ? unknown : bytes(machine.memoryBytes)],
    ["Root filesystem", machine.rootFilesystem ?? unknown],
    ["Cgroup's memory limit", amount(limits.cgroupMemoryBytes, bytes)],
    ["Open files, limit", amount(limits.openFiles)],
    ["Processes, limit", amount(limits.processes)],
    ["Kubernetes", cluster.kubernetesVersion],
    ["sandkube", versions.sandkube],
    ["Node.js", versions.node],
  ];
}

/** A large number in groups of three digits. */
function grouped(value: number): string {
  return value.toLocaleString("en");
}

/** A text that ends as a sentence does. */
export function sentence(text: string): string {
  return /[.!?:]$/.test(text) ? text : `${text}.`;
}

/** A time of a report, for people. */
export function moment(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 19)} UTC`;
}

/** One line on the state of a cluster's node. */
export function nodeLine({ cluster, rung }: ClusterReport): string {
  const { node } = cluster;
  if (node === null) return `no real node: ${rung.title}`;
  return node.ready ? `${node.name} is Ready` : `${node.name} is not Ready: ${node.because ?? "unknown"}`;
}

/** What a fact came to, in one line. */
export function factValue({ kind, value, because }: FactReport): string {
  return kind === "measured" ? JSON.stringify(value) : `could not tell: ${because ?? "unknown"}`;
}

/** Said where there is no verification. */
export const notVerified = "Not verified yet: run `sandkube verify`.";
