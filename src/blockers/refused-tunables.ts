import { kubeletTunables, type Tunable } from "../probes/kernel-tunables.ts";

/** The kernel settings whose value the kubelet would change and may not, each as "PATH is VALUE, wanted VALUE". */
export function refusedTunables(files: Readonly<Record<string, Tunable>>, paths: readonly string[]): readonly string[] {
  return paths.flatMap((path) => {
    const tunable = files[path];
    const wanted = String(kubeletTunables[path]);
    if (tunable?.present !== true || tunable.writable || tunable.value === wanted) return [];
    return [`${path} is ${tunable.value}, wanted is ${wanted}, and writing gives ${tunable.because ?? "an error"}`];
  });
}
