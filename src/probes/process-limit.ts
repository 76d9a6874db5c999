import * as z from "zod";
import { cgroupFile } from "./cgroup-file.ts";
import { exhibit, type FactProbe, measured } from "./fact-probe.ts";

const schema = z.object({
  /** The most processes and threads that the cgroup allows; null where it sets no limit. */
  cgroup: z.number().nullable(),
  /** The highest process number of the kernel; null where it does not say. */
  pidMax: z.number().nullable(),
});

/** How many processes there may be. */
export const processLimit: FactProbe<z.infer<typeof schema>> = {
  id: "process-limit",
  title: "Processes that there may be",
  schema,
  async measure({ files }) {
    const [group, pidMax] = await Promise.all([
      cgroupFile(files, "pids", "pids.max"),
      files.readTextIfPresent("/proc/sys/kernel/pid_max"),
    ]);
    const cgroup = group === undefined || group.text === "max" ? null : Number(group.text);
    return measured({ cgroup, pidMax: pidMax === undefined ? null : Number(pidMax) }, [
      exhibit(group?.path ?? "pids.max", group?.text ?? "absent"),
      exhibit("/proc/sys/kernel/pid_max", pidMax ?? "absent"),
    ]);
  },
};
