import type { Facts } from "../contract/observation.ts";
import type { Remedy } from "../contract/remedy.ts";
import { cgroupChildren } from "../probes/cgroup-children.ts";

/** The files of a cgroup of version 1 that hold the two figures, and where their controllers are mounted by default. */
const sources = {
  cpuacct: { file: "cpuacct.usage", usual: "/sys/fs/cgroup/cpuacct" },
  memory: { file: "memory.usage_in_bytes", usual: "/sys/fs/cgroup/memory" },
} as const;

/** Has metrics-server ask the supervisor, which reads the cgroups, in place of the kubelet. */
export const cgroupResourceMetrics: Remedy = {
  id: "cgroup-resource-metrics",
  title: "Read what pods use from their cgroups",
  clears: ["resource-metrics-missing"],
  fidelity: "emulated",
  harmless: true,
  cost: "a request for the node's pods and two files a container, every 15 s",
  disclosure:
    "The figures of `kubectl top` and autoscalers are read by sandkube from cpuacct.usage and memory.usage_in_bytes of each container's cgroup, not by the kubelet. Memory is all that is in use: what the kernel could take back is not told here and not taken off. A container that no processor time was counted of yet has no figures, and neither has its pod.",
  feasible(facts) {
    const hierarchies = facts.value(cgroupChildren)?.hierarchies ?? [];
    // Mounted by another remedy, they cannot be looked at yet.
    if (hierarchies.length === 0) return { verdict: "clear" };
    const absent = Object.values(sources).filter(({ file }) => mountOf(file, facts) === undefined);
    if (absent.length === 0) return { verdict: "clear" };
    return { verdict: "blocked", because: `cgroups have no ${absent.map(({ file }) => file).join(" and no ")}` };
  },
  adjust(spec, facts) {
    const settings = spec.addons?.["metrics-server"];
    if (settings === undefined) return spec;
    const path = ({ file, usual }: { file: string; usual: string }): string => mountOf(file, facts) ?? usual;
    const figures = { from: "cgroups", cpuacct: path(sources.cpuacct), memory: path(sources.memory) } as const;
    return { ...spec, addons: { ...spec.addons, "metrics-server": { ...settings, figures } } };
  },
};

function mountOf(file: string, facts: Facts): string | undefined {
  return facts.value(cgroupChildren)?.hierarchies.find(({ files }) => files.includes(file))?.path;
}
