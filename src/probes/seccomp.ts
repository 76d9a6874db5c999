import * as z from "zod";
import { exhibit, type FactProbe, inconclusive, measured } from "./fact-probe.ts";
import { statusField, statusLines } from "./process-status.ts";

const schema = z.object({
  mode: z.enum(["off", "strict", "filter"]),
  noNewPrivileges: z.boolean().optional(),
});

/** Whether a seccomp filter lies over this process. */
export const seccomp: FactProbe<z.infer<typeof schema>> = {
  id: "seccomp",
  title: "System call filter over this process",
  schema,
  async measure(host) {
    const status = await host.files.readText("/proc/self/status");
    const exhibits = [exhibit("/proc/self/status", statusLines(status, ["Seccomp", "NoNewPrivs"]))];
    const mode = (["off", "strict", "filter"] as const)[Number(statusField(status, "Seccomp") ?? Number.NaN)];
    if (mode === undefined) return inconclusive("/proc/self/status shows no seccomp mode", exhibits);
    const flag = statusField(status, "NoNewPrivs");
    return measured({ mode, ...(flag === undefined ? {} : { noNewPrivileges: flag === "1" }) }, exhibits);
  },
};
