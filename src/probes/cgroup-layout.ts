import * as z from "zod";
import type { Files } from "../contract/host.ts";
import { exhibit, type FactProbe, measured } from "./fact-probe.ts";
import { type MountEntry, parseMountInfo } from "./mount-table.ts";

const schema = z.object({
  /** `hybrid`: version 1 hierarchies, and version 2 beside them. */
  kind: z.enum(["v1", "v2", "hybrid", "none"]),
  /** Whether /sys/fs/cgroup itself is version 2, which is what Kubernetes asks for. */
  unified: z.boolean(),
  /** Controllers of the mounted hierarchies. */
  mounted: z.array(z.object({ controller: z.string(), path: z.string(), readOnly: z.boolean() })),
  /** Controllers that the kernel knows (/proc/cgroups). */
  known: z.array(z.string()),
  /** Whether there are cgroup namespaces. */
  namespaces: z.boolean(),
});

/** CGROUP2_SUPER_MAGIC (linux/magic.h). */
const cgroup2Magic = 0x63677270;

/** Which cgroup hierarchies are mounted where. */
export const cgroupLayout: FactProbe<z.infer<typeof schema>> = {
  id: "cgroup-layout",
  title: "Cgroup hierarchies",
  schema,
  async measure({ files }) {
    const [mountInfo, controllers = "", namespaces] = await Promise.all([
      files.readText("/proc/self/mountinfo"),
      files.readTextIfPresent("/proc/cgroups"),
      files.readLink("/proc/self/ns/cgroup").catch(() => undefined),
    ]);
    const known = controllers
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => line.split("\t")[0] ?? "");
    const mounts = parseMountInfo(mountInfo).filter((mount) => mount.type === "cgroup" || mount.type === "cgroup2");
    const first = mounts.filter((mount) => mount.type === "cgroup");
    const second = mounts.find((mount) => mount.type === "cgroup2");
    const unified = (await magicOf(files, "/sys/fs/cgroup")) === cgroup2Magic;
    const mounted = first.flatMap((mount) =>
      mount.superOptions.filter((option) => known.includes(option)).map((controller) => entry(controller, mount)),
    );
    if (unified && second !== undefined) {
      const text = (await files.readTextIfPresent(`${second.path}/cgroup.controllers`)) ?? "";
      mounted.push(
        ...text
          .trim()
          .split(/\s+/)
          .filter(Boolean)
          .map((controller) => entry(controller, second)),
      );
    }
    return measured(
      {
        kind: unified ? "v2" : first.length === 0 ? "none" : second === undefined ? "v1" : "hybrid",
        unified,
        mounted,
        known,
        namespaces: namespaces !== undefined,
      },
      [
        exhibit(
          "/proc/self/mountinfo",
          mountInfo
            .split("\n")
            .filter((line) => / - cgroup2? /.test(line))
            .join("\n"),
        ),
        exhibit("/proc/cgroups", controllers),
        exhibit("/proc/self/ns/cgroup", namespaces ?? "absent"),
      ],
    );
  },
};

function entry(controller: string, mount: MountEntry): { controller: string; path: string; readOnly: boolean } {
  return { controller, path: mount.path, readOnly: mount.options.includes("ro") };
}

async function magicOf(files: Files, path: string): Promise<number | undefined> {
  try {
    return (await files.fileSystem(path)).magic;
  } catch {
    return undefined; // nothing there
  }
}
