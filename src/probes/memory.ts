import * as z from "zod";
import { cgroupFile } from "./cgroup-file.ts";
import { exhibit, type FactProbe, inconclusive, measured } from "./fact-probe.ts";

const schema = z.object({
  totalBytes: z.number(),
  availableBytes: z.number(),
  /** The limit of this process's cgroup; null where it sets none. */
  cgroupLimitBytes: z.number().nullable(),
});

/** A version 1 limit this high means none: it is the highest number of pages that fits. */
const noLimit = 2 ** 60;

/** How much memory there is. */
export const memory: FactProbe<z.infer<typeof schema>> = {
  id: "memory",
  title: "Memory",
  schema,
  async measure({ files }) {
    const [text, first] = await Promise.all([
      files.readText("/proc/meminfo"),
      cgroupFile(files, "memory", "memory.limit_in_bytes"),
    ]);
    const group = first ?? (await cgroupFile(files, "memory", "memory.max"));
    const bytes = (name: string): number => {
      const [, kibibytes] = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text) ?? [];
      return kibibytes === undefined ? Number.NaN : Number(kibibytes) * 1024;
    };
    const totalBytes = bytes("MemTotal");
    const availableBytes = bytes("MemAvailable");
    const exhibits = [
      exhibit("/proc/meminfo", text.split("\n").slice(0, 3).join("\n")),
      exhibit(group?.path ?? "memory limit of the cgroup", group?.text ?? "absent"),
    ];
    if (Number.isNaN(totalBytes) || Number.isNaN(availableBytes)) {
      return inconclusive("/proc/meminfo shows no total", exhibits);
    }
    const limit = Number(group?.text === "max" ? Number.NaN : (group?.text ?? Number.NaN));
    return measured({ totalBytes, availableBytes, cgroupLimitBytes: limit < noLimit ? limit : null }, exhibits);
  },
};
