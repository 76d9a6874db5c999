import * as z from "zod";
import type { Files } from "../contract/host.ts";
import { exhibit, type FactProbe, measured, reasonOf } from "./fact-probe.ts";
import { parseMountInfo } from "./mount-table.ts";
import { removeLeftTrials, trialName } from "./trial-name.ts";

const hierarchySchema = z.object({
  path: z.string(),
  /** Whether a child cgroup could be made. */
  ok: z.boolean(),
  /** Why not. */
  because: z.string().optional(),
  /** What a child holds, such as `memory.limit_in_bytes`; empty where none could be made. */
  files: z.array(z.string()),
  /** Files of a child that refused what the kubelet writes to them. */
  refused: z.array(z.string()),
});

const schema = z.object({ hierarchies: z.array(hierarchySchema) });

type Hierarchy = z.infer<typeof hierarchySchema>;

/** What the kubelet writes into the cgroups of its quality-of-service classes (pkg/kubelet/cm/cgroup_manager_linux.go). */
const written: Readonly<Record<string, string>> = {
  "cpu.shares": "1024",
  "cpu.cfs_period_us": "100000",
  "cpu.cfs_quota_us": "-1",
  "memory.limit_in_bytes": "1073741824",
  "pids.max": "1000",
  "cpu.weight": "100",
  "memory.max": "1073741824",
};

/** Whether cgroups can be made, tried with one child in each hierarchy, which is removed at once. */
export const cgroupChildren: FactProbe<z.infer<typeof schema>> = {
  id: "cgroup-children",
  title: "Making cgroups, really tried",
  schema,
  async measure(host) {
    const { files, processes } = host;
    const mounts = parseMountInfo(await files.readText("/proc/self/mountinfo")).filter(
      (mount) => mount.type === "cgroup" || (mount.type === "cgroup2" && mount.path === "/sys/fs/cgroup"),
    );
    const paths = [...new Set(mounts.map((mount) => mount.path))];
    if (paths.length === 0) return measured({ hierarchies: [] }, [exhibit("/proc/self/mountinfo", "no cgroup mount")]);
    const name = trialName(await processes.self());
    const hierarchies = await Promise.all(
      paths.map(async (path) => {
        await removeLeftTrials(path, host, (left) => files.removeDirectory(left));
        return tryChild(files, path, name);
      }),
    );
    return measured(
      { hierarchies },
      hierarchies.map((found) => exhibit(`mkdir ${found.path}/${name}`, describe(found))),
    );
  },
};

async function tryChild(files: Files, path: string, name: string): Promise<Hierarchy> {
  const child = `${path}/${name}`;
  try {
    await files.makeDirectory(child);
  } catch (error) {
    return { path, ok: false, because: reasonOf(error), files: [], refused: [] };
  }
  try {
    const present = (await files.list(child)) ?? [];
    const refused: string[] = [];
    for (const file of present) {
      const value = written[file];
      if (value === undefined) continue;
      await files.writeInPlace(`${child}/${file}`, value).catch(() => refused.push(file));
    }
    return { path, ok: true, files: [...present], refused };
  } finally {
    await files.removeDirectory(child);
  }
}

function describe({ ok, because, files, refused }: Hierarchy): string {
  if (!ok) return because ?? "failed";
  return refused.length === 0 ? files.join(" ") : `${files.join(" ")}\nrefused: ${refused.join(" ")}`;
}
