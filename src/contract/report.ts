import type { Verification } from "./check.ts";
import type { ClusterMode } from "./cluster-spec.ts";
import type { ComponentName } from "./component-name.ts";
import type { Exhibit } from "./observation.ts";
import type { ProvedRemedy } from "./remedy.ts";
import type { Rung } from "./rung.ts";

/** A machine in a few words; null where it could not be told. */
export interface MachineSummary {
  readonly kernel: string | null;
  readonly gvisor: boolean | null;
  readonly cpus: number | null;
  readonly memoryBytes: number | null;
  readonly rootFilesystem: string | null;
}

/** A fact: its value, or why there is none. */
export interface FactReport {
  readonly id: string;
  readonly title: string;
  readonly kind: "measured" | "inconclusive";
  readonly value?: unknown;
  readonly because?: string;
  readonly exhibits: readonly Exhibit[];
}

/** A judgement, and what would be done about it. */
export interface BlockerReport {
  readonly id: string;
  readonly title: string;
  readonly verdict: "clear" | "blocked" | "unknown";
  readonly because?: string;
  /** The components that stop; empty where something is lost and all of them run. */
  readonly stops: readonly ComponentName[];
  readonly upstream: string;
  /** The ids of the facts that decide. */
  readonly facts: readonly string[];
  /** The id of the remedy that would be applied. */
  readonly remedy?: string;
  /** Remedies that would have come first, and why they do not. */
  readonly rejected: readonly { readonly remedy: string; readonly because: string }[];
}

/** A stretch of the boot, in milliseconds after `up` began. */
export interface TimelineEntry {
  readonly name: string;
  readonly startMs: number;
  /** Null where it has not ended. */
  readonly endMs: number | null;
}

/** Everything known of a cluster, with the evidence. Schema sandkube.dev/report/v1 (docs/schemas/report.json). */
export interface ClusterReport {
  readonly schema: "sandkube.dev/report/v1";
  /** When the report was made, in ISO 8601, as every time in it. */
  readonly madeAt: string;
  readonly cluster: {
    readonly name: string;
    readonly mode: ClusterMode;
    /** stopped: no supervisor runs. */
    readonly state: "running" | "starting" | "failed" | "stopped";
    readonly kubernetesVersion: string;
    readonly createdAt: string;
    readonly stateDirectory: string;
    /** Null without a real node. */
    readonly node: { readonly name: string; readonly ready: boolean; readonly because?: string } | null;
  };
  readonly environment: ReportedEnvironment;
  readonly rung: Rung;
  /** What is not as asked: a rung that was stepped down from, a port that was taken, a remedy that failed. */
  readonly notes: readonly string[];
  /** The remedies in force, in catalogue order. */
  readonly remedies: readonly ProvedRemedy[];
  /** Every blocker that was judged, clear ones too. */
  readonly blockers: readonly BlockerReport[];
  readonly facts: readonly FactReport[];
  /** How the cluster came up the last time; null where that was not written down. */
  readonly boot: ReportedBoot | null;
  /** What `sandkube verify` found last; null where it was not run. */
  readonly verification: ReportedVerification | null;
  /** Null where nothing was sampled. */
  readonly resources: ReportedResources | null;
  readonly components: readonly ReportedComponent[];
  /** The logs that are there. */
  readonly logs: readonly { readonly name: string; readonly path: string; readonly bytes: number }[];
}

/** What a cluster runs on. */
export interface ReportedEnvironment {
  /** When it was measured; null: for this report, because nothing was kept of the start. */
  readonly measuredAt: string | null;
  readonly machine: MachineSummary;
  /** Null where there is no limit, or where it could not be told; the facts say which. */
  readonly limits: {
    readonly cgroupMemoryBytes: number | null;
    readonly openFiles: number | null;
    readonly processes: number | null;
  };
  readonly versions: {
    readonly sandkube: string;
    readonly node: string;
    readonly artifacts: readonly { readonly name: string; readonly version: string }[];
  };
}

/** How a cluster came up. */
export interface ReportedBoot {
  readonly startedAt: string;
  /** The first stretch of each name, in order of start; what was started again later is not part of the boot. */
  readonly timeline: readonly TimelineEntry[];
}

/** What `sandkube verify` found, and whether it still says something about what runs now. */
export interface ReportedVerification extends Verification {
  /** Whether it was made before the cluster was last started. */
  readonly beforeStart: boolean;
}

/**
 * What the supervisor and the components used, as columns: entry N of every
 * series belongs to time N. Only a component's own process counts.
 */
export interface ReportedResources {
  readonly startedAt: string;
  /** Milliseconds after the start, each at the end of the stretch that it stands for. */
  readonly times: readonly number[];
  readonly series: readonly ResourceSeries[];
}

/** What one process used over time. */
export interface ResourceSeries {
  readonly name: string;
  /** The highest resident set seen in each stretch; null where it did not run. */
  readonly rssBytes: readonly (number | null)[];
  /** Processor time used since the start of the cluster, over all lives of the component. */
  readonly cpuMs: readonly (number | null)[];
}

/** A component as it is now. */
export interface ReportedComponent {
  readonly name: string;
  readonly state: string;
  readonly restarts: number;
  readonly because?: string;
}
