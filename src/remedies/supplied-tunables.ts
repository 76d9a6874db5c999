import type { Facts } from "../contract/observation.ts";
import { kernelTunables, kubeletTunables } from "../probes/kernel-tunables.ts";

/**
 * The kernel settings that the kubelet would end for, each with the content that
 * satisfies it: by path under /proc/sys those that are absent, and those of
 * another value that refuse to be written.
 */
export function suppliedTunables(facts: Facts): Readonly<Record<string, string>> {
  const found = facts.value(kernelTunables)?.files ?? {};
  const wanted = Object.entries(kubeletTunables).filter(([path, value]) => {
    const tunable = found[path];
    return !(tunable?.present === true && (tunable.writable || tunable.value === String(value)));
  });
  return Object.fromEntries(wanted.map(([path, value]) => [path, `${String(value)}\n`]));
}
