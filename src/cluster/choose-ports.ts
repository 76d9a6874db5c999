import type { ClusterSpec } from "../contract/cluster-spec.ts";
import type { Host } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { findPortHolder } from "../host/port-holder.ts";

/** The ports that Kubernetes is known by. */
const usualPorts: ClusterSpec["ports"] = {
  api: 6443,
  controllerManager: 10_257,
  scheduler: 10_259,
  kubelet: 10_250,
  kubeletHealth: 10_248,
};

/** How far another cluster's ports may push ours. */
const attempts = 50;

/** The ports of add-ons; nobody knows them by heart. */
const usualAddonPorts = { metricsServer: 10_270, resourceMetrics: 10_271 };

/** Ports and what was given up for them. */
export interface ChosenPorts {
  readonly ports: ClusterSpec["ports"];
  /** Where add-ons need any. */
  readonly addonPorts?: typeof usualAddonPorts;
  /** One sentence for each usual port that another process has taken. */
  readonly notes: readonly string[];
}

/**
 * Chooses free ports: the usual ones, or the next free ones where they are
 * taken. They are tried on all addresses, since a listener on any would clash.
 *
 * @param wanted the API server's port where the user named one, which is then not replaced
 * @param withAddons whether the cluster has add-ons
 * @throws SandkubeError (conflict) that names the holder of a wanted port
 */
export async function choosePorts(wanted: number | undefined, host: Host, withAddons = false): Promise<ChosenPorts> {
  const notes: string[] = [];
  const taken = new Set<number>();
  const choose = async (name: string, usual: number): Promise<number> => {
    for (let port = usual; port < usual + attempts; port++) {
      if (taken.has(port)) continue;
      const free = await host.sockets.canListen("0.0.0.0", port);
      if (free.ok) {
        const ours = taken.has(usual);
        taken.add(port);
        if (port !== usual && !ours) {
          const holder = await findPortHolder(usual);
          notes.push(
            `Port ${String(usual)} is taken${holder === undefined ? "" : ` by ${holder}`}; ${name} uses ${String(port)}.`,
          );
        }
        return port;
      }
    }
    throw new SandkubeError({
      title: "No free port",
      message: `${name} found none from ${String(usual)} to ${String(usual + attempts - 1)}.`,
      exit: "conflict",
    });
  };
  if (wanted !== undefined) await requireFree(wanted, host);
  if (wanted !== undefined) taken.add(wanted);
  const ports = {
    api: wanted ?? (await choose("the API server", usualPorts.api)),
    controllerManager: await choose("the controller manager", usualPorts.controllerManager),
    scheduler: await choose("the scheduler", usualPorts.scheduler),
    kubelet: await choose("the kubelet", usualPorts.kubelet),
    kubeletHealth: await choose("the kubelet's health endpoint", usualPorts.kubeletHealth),
  };
  if (!withAddons) return { ports, notes };
  const addonPorts = {
    metricsServer: await choose("metrics-server", usualAddonPorts.metricsServer),
    resourceMetrics: await choose("the figures for metrics-server", usualAddonPorts.resourceMetrics),
  };
  return { ports, addonPorts, notes };
}

async function requireFree(port: number, host: Host): Promise<void> {
  const free = await host.sockets.canListen("0.0.0.0", port);
  if (free.ok) return;
  const holder = await findPortHolder(port);
  throw new SandkubeError({
    title: `Port ${String(port)} cannot be used`,
    message:
      free.code === "EADDRINUSE"
        ? `${holder ?? "Another process"} listens on it.`
        : `Listening on it fails with ${free.code}.`,
    hint: "Choose another with --api-port, or leave it out and a free one is taken.",
    exit: "conflict",
  });
}
