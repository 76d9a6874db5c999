import { dirname } from "node:path";
import * as z from "zod";
import type { Files } from "../contract/host.ts";
import { exhibit, type FactProbe, measured, reasonOf } from "./fact-probe.ts";

/**
 * The files under /proc/sys that the kubelet reads at start, each with the value
 * that it wants and writes where it finds another one.
 * https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/kubelet/cm/container_manager_linux.go#L483
 */
export const kubeletTunables: Readonly<Record<string, number>> = {
  "vm/overcommit_memory": 1,
  "vm/panic_on_oom": 0,
  "kernel/panic": 10,
  "kernel/panic_on_oops": 1,
  "kernel/keys/root_maxkeys": 1_000_000,
  "kernel/keys/root_maxbytes": 25_000_000,
};

/** A file under /proc/sys. */
export const tunableSchema = z.discriminatedUnion("present", [
  z.object({ present: z.literal(false) }),
  z.object({
    present: z.literal(true),
    value: z.string(),
    /** Whether its own value could be written back. */
    writable: z.boolean(),
    /** Why not. */
    because: z.string().optional(),
  }),
]);

const schema = z.object({
  /** By path under /proc/sys. */
  files: z.record(z.string(), tunableSchema),
  /** Those of their directories that exist, as paths under /proc/sys. */
  directories: z.array(z.string()),
});

/** A file under /proc/sys. */
export type Tunable = z.infer<typeof tunableSchema>;

/** The kernel settings that the kubelet insists on, by path under /proc/sys. */
export const kernelTunables: FactProbe<z.infer<typeof schema>> = {
  id: "kernel-tunables",
  title: "Kernel settings that the kubelet insists on",
  schema,
  async measure({ files }) {
    const paths = Object.keys(kubeletTunables);
    const parents = [...new Set(paths.map((path) => dirname(path)))];
    const [found, present] = await Promise.all([
      Promise.all(paths.map(async (path) => [path, await measureTunable(files, path)] as const)),
      Promise.all(parents.map((path) => files.status(`/proc/sys/${path}`))),
    ]);
    return measured(
      { files: Object.fromEntries(found), directories: parents.filter((_, index) => present[index] !== undefined) },
      found.map(([path, tunable]) => exhibit(`/proc/sys/${path}`, describeTunable(tunable))),
    );
  },
};

/** Reads a file under /proc/sys and tries to write the same value back. */
export async function measureTunable(files: Files, path: string): Promise<Tunable> {
  const file = `/proc/sys/${path}`;
  const text = await files.readTextIfPresent(file);
  if (text === undefined) return { present: false };
  const value = text.trim();
  try {
    await files.writeInPlace(file, `${value}\n`);
    return { present: true, value, writable: true };
  } catch (error) {
    return { present: true, value, writable: false, because: reasonOf(error) };
  }
}

/** A tunable in words, for exhibits. */
export function describeTunable(tunable: Tunable): string {
  if (!tunable.present) return "absent";
  return `${tunable.value} (${tunable.writable ? "writable" : `not writable: ${tunable.because ?? "unknown"}`})`;
}
