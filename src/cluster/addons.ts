import {
  addonNames,
  type AddonName,
  type AddonSettings,
  type ClusterMode,
  type ClusterSpec,
} from "../contract/cluster-spec.ts";
import type { Host } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { unknownName } from "../contract/unknown-name.ts";
import type { ApiAccess } from "../components/api-access.ts";
import { addons, addonsOf, type Addon } from "../distributions/addons.ts";
import { withdrawMetricsApi } from "../kube/metrics-api.ts";
import { serveResourceMetrics } from "../network/resource-metrics/serve-resource-metrics.ts";
import { metricsServerName, pkiPaths } from "../pki/cluster-pki.ts";
import { readVersion } from "../artifacts/recipe.ts";
import { artifactOf } from "../artifacts/locate-artifact.ts";
import type { SupervisedService, SupervisedTask } from "../supervisor/supervisor.ts";
import type { ChosenPorts } from "./choose-ports.ts";
import { readClusterRecord, requireClusterRecord } from "./cluster-record.ts";
import type { Session } from "./session.ts";

/** The answer of `sandkube addon list --output json` (docs/schemas/addon-list.json). */
export interface AddonListReport {
  readonly schema: "sandkube.dev/addon-list/v1";
  /** Null where there is no cluster of that name. */
  readonly cluster: string | null;
  readonly addons: readonly {
    readonly name: AddonName;
    readonly title: string;
    readonly version: string;
    /** The kinds of cluster that can have it. */
    readonly modes: readonly ClusterMode[];
    /** Whether the cluster was started with it; null where there is none. */
    readonly enabled: boolean | null;
  }[];
}

/** The answer of `sandkube addon enable|disable --output json` (docs/schemas/addon.json). */
export interface AddonReport {
  readonly schema: "sandkube.dev/addon/v1";
  readonly cluster: string;
  readonly addon: AddonName;
  /** As it was before: nothing had to be changed. */
  readonly enabled: boolean;
}

/**
 * Finds the add-ons of these names.
 *
 * @throws SandkubeError (usage) for an unknown one, with the nearest
 */
export function requireAddons(names: readonly string[]): readonly Addon[] {
  return [...new Set(names)].map(requireAddon);
}

function requireAddon(name: string): Addon {
  const addon = addons.find((candidate) => candidate.name === name);
  if (addon !== undefined) return addon;
  throw unknownName({ kind: "add-on", name, known: addonNames, message: "`sandkube addon list` names them all." });
}

/**
 * Checks that a kind of cluster can have these add-ons.
 *
 * @throws SandkubeError (unsupported)
 */
export function requireModeFor(wanted: readonly Addon[], mode: ClusterMode): void {
  const refused = wanted.find(({ modes }) => !modes.includes(mode));
  if (refused === undefined) return;
  const { name, modes, lack } = refused;
  throw new SandkubeError({
    title: `The add-on ${name} does not work in the mode ${mode}`,
    message: `It works in the mode ${modes.join(", ")}: ${lack}.`,
    hint: "Leave it out, or see by `sandkube doctor` why this machine runs no fuller cluster.",
    exit: "unsupported",
  });
}

/**
 * Checks that a cluster which runs has these add-ons: what it runs was decided when it was started.
 *
 * @throws SandkubeError (conflict)
 */
export function requireRunningAddons(wanted: readonly Addon[], spec: ClusterSpec): void {
  const missing = wanted.find(({ name }) => !addonsOf(spec.addons).includes(name));
  if (missing === undefined) return;
  throw new SandkubeError({
    title: `The cluster runs without the add-on ${missing.name}`,
    message: "Which processes a cluster has is decided when it starts.",
    hint: restart(spec, [...addonsOf(spec.addons), missing.name]),
    exit: "conflict",
  });
}

/** What the add-ons are given, before the plan's remedies look at it. */
export function addonSettings(wanted: readonly Addon[], { addonPorts }: ChosenPorts): AddonSettings {
  if (addonPorts === undefined || wanted.length === 0) return {};
  const { metricsServer: port, resourceMetrics: figuresPort } = addonPorts;
  return { "metrics-server": { port, figuresPort, figures: { from: "kubelet" } } };
}

/** Forgets what add-ons made in a cluster whose state was kept, and which is started without them. */
export function formerAddonTasks(spec: ClusterSpec, api: ApiAccess): readonly SupervisedTask[] {
  if (spec.isKept !== true || spec.addons?.["metrics-server"] !== undefined) return [];
  return [
    {
      name: "former add-ons",
      after: ["kube-apiserver"],
      run: async (signal) => {
        await withdrawMetricsApi(await api.client(spec), metricsServerName, signal);
      },
    },
  ];
}

/** Tells metrics-server what cgroups hold, where the kubelet cannot. */
export function addonServices(spec: ClusterSpec, host: Host, api: ApiAccess): readonly SupervisedService[] {
  const metrics = spec.addons?.["metrics-server"];
  if (metrics?.figures.from !== "cgroups") return [];
  const { figures, figuresPort: port } = metrics;
  return [
    {
      name: "resource metrics",
      after: ["kube-apiserver"],
      run: async (signal) => {
        const paths = pkiPaths(spec.stateDirectory);
        const [cert, key, ca] = await Promise.all(
          (["kubelet.crt", "kubelet.key", "ca.crt"] as const).map((name) => host.files.readText(paths[name])),
        );
        await serveResourceMetrics(
          {
            client: await api.client(spec),
            host,
            spec,
            port,
            mounts: figures,
            tls: { cert: cert ?? "", key: key ?? "", ca: ca ?? "" },
            clientName: metricsServerName,
            log: (text) => {
              process.stderr.write(`${new Date(host.clock.now()).toISOString()} resource metrics: ${text}\n`);
            },
          },
          signal,
        );
      },
    },
  ];
}

/** Lists the add-ons, and which of them a cluster has. */
export async function listAddons(name: string, stateDirectory: string, session: Session): Promise<AddonListReport> {
  const record = await readClusterRecord(stateDirectory, session.host);
  const enabled = addonsOf(record?.spec.addons);
  return {
    schema: "sandkube.dev/addon-list/v1",
    cluster: record === undefined ? null : name,
    addons: await Promise.all(
      addons.map(async ({ name: addon, title, modes }) => ({
        name: addon,
        title,
        version: await readVersion(artifactOf(addon, session), session.host),
        modes,
        enabled: record === undefined ? null : enabled.includes(addon),
      })),
    ),
  };
}

/**
 * Finds that a cluster has an add-on, or has it not, as wanted; which processes a cluster has is decided when it starts.
 *
 * @throws SandkubeError (conflict) that names the way where it is not so, (notFound) where there is no cluster, (usage) for an unknown add-on
 */
export async function setAddon(
  { name, stateDirectory, addon, enabled }: AddonRequest,
  { host }: Session,
): Promise<AddonReport> {
  const wanted = requireAddon(addon);
  const { spec } = await requireClusterRecord(name, stateDirectory, host);
  const present = addonsOf(spec.addons);
  if (present.includes(wanted.name) === enabled) {
    return { schema: "sandkube.dev/addon/v1", cluster: name, addon: wanted.name, enabled };
  }
  if (enabled) requireModeFor([wanted], spec.mode);
  const changed = new Set(present);
  if (enabled) changed.add(wanted.name);
  else changed.delete(wanted.name);
  throw new SandkubeError({
    title: `The cluster "${name}" was started ${enabled ? "without" : "with"} the add-on ${addon}`,
    message: "Which processes a cluster has is decided when it starts.",
    hint: restart(spec, [...changed]),
    exit: "conflict",
  });
}

/** Which add-on is to be in which cluster, or not. */
export interface AddonRequest {
  readonly name: string;
  readonly stateDirectory: string;
  readonly addon: string;
  readonly enabled: boolean;
}

/** The commands that start a cluster again with exactly these add-ons. */
function restart({ name }: ClusterSpec, wanted: readonly AddonName[]): string {
  const flags = wanted.map((addon) => ` --addon ${addon}`).join("");
  return `Start it again, which keeps its objects and volumes and ends its pods: sandkube down --name ${name} --keep-state && sandkube up --name ${name}${flags}`;
}
