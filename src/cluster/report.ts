import { isAbsolute, resolve } from "node:path";
import type { Host } from "../contract/host.ts";
import type { Facts } from "../contract/observation.ts";
import { step } from "../contract/progress.ts";
import type { ClusterReport, ReportedBoot, ReportedEnvironment, ReportedResources } from "../contract/report.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { stateLayout, type StateLayout } from "../contract/state-layout.ts";
import { htmlReport } from "../evidence/reports/html.ts";
import { markdownReport } from "../evidence/reports/markdown.ts";
import { redactAll, secretsOf } from "../evidence/reports/redact.ts";
import { memory } from "../probes/memory.ts";
import { openFiles } from "../probes/open-files.ts";
import { processLimit } from "../probes/process-limit.ts";
import { readResourceHistory } from "../supervisor/resource-history.ts";
import { readSupervisorState, type SupervisorState } from "../supervisor/supervisor-state.ts";
import { measureFacts, planOf } from "./choose-plan.ts";
import { addonsOf } from "../distributions/addons.ts";
import { requireAddons } from "./addons.ts";
import { requireClusterRecord, type ClusterRecord } from "./cluster-record.ts";
import { doctorReport } from "./doctor.ts";
import { parseFacts } from "./facts-file.ts";
import { withProofs } from "./proved-remedies.ts";
import type { Session } from "./session.ts";
import { status } from "./status.ts";
import { readVerification } from "./verification-file.ts";
import { versions } from "./versions.ts";

/** How a report is written for people. */
export type ReportFormat = "markdown" | "html";

/**
 * Says everything that is known of a cluster, running or not, with the evidence.
 * It holds no token, key, kubeconfig or value of the environment.
 *
 * @throws SandkubeError (notFound) where there is no cluster
 */
export async function reportCluster(name: string, stateDirectory: string, session: Session): Promise<ClusterReport> {
  const { host } = session;
  const record = await requireClusterRecord(name, stateDirectory, host);
  const { spec, boot, createdAt } = record;
  const layout = stateLayout(spec.stateDirectory);
  const { cluster, node, components } = await status(name, stateDirectory, session);
  const state =
    (await readSupervisorState(layout.supervisorState, host.files)) ??
    (await readSupervisorState(layout.lastSupervisorState, host.files));
  const { facts, measuredAt } = await factsOf(record, layout, session);
  const verification = await readVerification(layout.verification, host.files);
  const wishes = {
    failed: new Map(Object.entries(boot?.failed ?? {})),
    avoided: boot?.avoided ?? [],
    further: requireAddons(addonsOf(spec.addons)).flatMap(({ components: further }) => further),
  };
  const judged = doctorReport(facts, planOf(facts, spec.mode, wishes));
  const report: ClusterReport = {
    schema: "sandkube.dev/report/v1",
    madeAt: time(host.clock.now()),
    cluster: {
      name: spec.name,
      mode: spec.mode,
      state: cluster.state,
      kubernetesVersion: spec.kubernetesVersion,
      createdAt: time(createdAt),
      stateDirectory: spec.stateDirectory,
      node,
    },
    environment: { measuredAt, machine: judged.machine, ...(await limitsAndVersions(facts, session)) },
    rung: cluster.rung,
    notes: boot?.notes ?? [],
    remedies: withProofs(record.remedies, state),
    blockers: judged.blockers,
    facts: judged.facts,
    boot: boot === undefined ? null : bootOf(boot, state),
    verification:
      verification === undefined
        ? null
        : { ...verification, beforeStart: Date.parse(verification.startedAt) < (boot?.startedAt ?? createdAt) },
    resources: await resourcesOf(layout, host),
    components: components.map(({ name: component, state: said, restarts, because }) => ({
      name: component,
      state: said,
      restarts,
      ...(because === undefined ? {} : { because }),
    })),
    logs: await logsOf(layout, host),
  };
  return redactAll(report, secretsOf(host.environment));
}

/** Writes a report for people. Pure. */
export function renderReport(report: ClusterReport, format: ReportFormat): string {
  return format === "html" ? htmlReport(report) : markdownReport(report);
}

/**
 * Writes a rendered report to a file, which anybody may read: there is no secret in it.
 *
 * @returns the file's absolute path
 * @throws SandkubeError (storage) where it cannot be written
 */
export async function saveReport(path: string, text: string, host: Host): Promise<string> {
  const absolute = isAbsolute(path) ? path : resolve(path);
  try {
    await host.files.write(absolute, text);
    return absolute;
  } catch (error) {
    throw new SandkubeError({
      title: "The report could not be saved",
      message: `${absolute}: ${error instanceof Error ? error.message : String(error)}`,
      hint: "Name a file in a directory that you may write to.",
      exit: "storage",
      cause: error,
    });
  }
}

/** The facts that `up` planned for; where they were not kept, this machine's as they are now. */
async function factsOf(
  { spec, boot }: ClusterRecord,
  layout: StateLayout,
  session: Session,
): Promise<{ readonly facts: Facts; readonly measuredAt: string | null }> {
  const text = await session.host.files.readTextIfPresent(layout.facts);
  if (text !== undefined && boot !== undefined) {
    return { facts: parseFacts(text, layout.facts), measuredAt: time(boot.startedAt) };
  }
  const measure = (): Promise<Facts> => measureFacts(spec.stateDirectory, session);
  return { facts: await step(session.progress, "Looking at this machine", measure), measuredAt: null };
}

async function limitsAndVersions(
  facts: Facts,
  session: Session,
): Promise<Pick<ReportedEnvironment, "limits" | "versions">> {
  const { sandkube, node, artifacts } = await versions(session);
  const processes = facts.value(processLimit);
  return {
    limits: {
      cgroupMemoryBytes: facts.value(memory)?.cgroupLimitBytes ?? null,
      openFiles: facts.value(openFiles)?.soft ?? null,
      processes: processes?.cgroup ?? processes?.pidMax ?? null,
    },
    versions: { sandkube, node, artifacts },
  };
}

/** What `up` wrote down of itself, and after it what the supervisor did first under each name. */
function bootOf(boot: NonNullable<ClusterRecord["boot"]>, state: SupervisorState | undefined): ReportedBoot {
  const first = new Map(boot.timeline.map((entry) => [entry.name, entry]));
  for (const { name, start, end } of state?.timeline ?? []) {
    if (first.has(name)) continue;
    first.set(name, {
      name,
      startMs: start - boot.startedAt,
      endMs: end === undefined ? null : end - boot.startedAt,
    });
  }
  const timeline = [...first.values()].sort((one, other) => one.startMs - other.startMs);
  return { startedAt: time(boot.startedAt), timeline };
}

async function resourcesOf({ resources }: StateLayout, host: Host): Promise<ReportedResources | null> {
  const history = await readResourceHistory(resources, host.files);
  if (history === undefined || history.samples.length === 0) return null;
  const { samples, startedAt } = history;
  const names = [...new Set(samples.flatMap(({ usage }) => Object.keys(usage)))];
  return {
    startedAt: time(startedAt),
    times: samples.map(({ at }) => Math.round(at - startedAt)),
    series: names.map((name) => ({
      name,
      rssBytes: samples.map(({ usage }) => usage[name]?.rssBytes ?? null),
      cpuMs: samples.map(({ usage }) => usage[name]?.cpuMs ?? null),
    })),
  };
}

async function logsOf({ logs }: StateLayout, { files }: Host): Promise<ClusterReport["logs"]> {
  const names = (await files.list(logs)) ?? [];
  const found = await Promise.all(names.map(async (file) => ({ file, status: await files.status(`${logs}/${file}`) })));
  return found.flatMap(({ file, status: of }) =>
    of?.kind === "file" ? [{ name: file.replace(/\.log$/, ""), path: `${logs}/${file}`, bytes: of.size }] : [],
  );
}

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
