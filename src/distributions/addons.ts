import type { ApiAccess } from "../components/api-access.ts";
import { metricsServer } from "../components/metrics-server.ts";
import {
  addonNames,
  type AddonName,
  type AddonSettings,
  type BinaryName,
  type ClusterMode,
} from "../contract/cluster-spec.ts";
import type { Component } from "../contract/component.ts";
import type { ComponentName } from "../contract/component-name.ts";
import type { Host } from "../contract/host.ts";

/** Something that runs besides the cluster itself, where it is asked for by name. */
export interface Addon {
  readonly name: AddonName;
  /** What it gives. */
  readonly title: string;
  /** The kinds of cluster that can have it. */
  readonly modes: readonly ClusterMode[];
  /** Why others cannot. */
  readonly lack: string;
  readonly components: readonly ComponentName[];
  readonly binaries: readonly BinaryName[];
}

/** Every add-on, in the order in which they are shown. */
export const addons: readonly Addon[] = [
  {
    name: "metrics-server",
    title: "resource metrics, for `kubectl top` and HorizontalPodAutoscalers",
    modes: ["node"],
    lack: "elsewhere no container runs or, in host-network, it has not been tried",
    components: ["metrics-server"],
    binaries: ["metrics-server"],
  },
];

/** The names of the add-ons that a cluster has. */
export function addonsOf(settings: AddonSettings | undefined): readonly AddonName[] {
  return addonNames.filter((name) => settings?.[name] !== undefined);
}

/** The components of a cluster's add-ons. */
export function addonComponents(settings: AddonSettings | undefined, host: Host, api: ApiAccess): readonly Component[] {
  const metrics = settings?.["metrics-server"];
  return metrics === undefined ? [] : [metricsServer(host, api, metrics)];
}
