import * as z from "zod";
import { exhibit, type FactProbe, inconclusive, measured } from "./fact-probe.ts";

const schema = z.object({
  /** Null: unlimited. */
  soft: z.number().nullable(),
  hard: z.number().nullable(),
});

/** How many files a process may have open. */
export const openFiles: FactProbe<z.infer<typeof schema>> = {
  id: "open-files",
  title: "Files that a process may have open",
  schema,
  async measure({ files }) {
    const text = await files.readTextIfPresent("/proc/self/limits");
    if (text === undefined) return inconclusive("/proc/self/limits is absent");
    const line = text.split("\n").find((candidate) => candidate.startsWith("Max open files"));
    const [, soft, hard] = /^Max open files\s+(\S+)\s+(\S+)/.exec(line ?? "") ?? [];
    const exhibits = [exhibit("/proc/self/limits", line ?? "no line about open files")];
    if (soft === undefined || hard === undefined) return inconclusive("/proc/self/limits has no such line", exhibits);
    return measured({ soft: limit(soft), hard: limit(hard) }, exhibits);
  },
};

function limit(text: string): number | null {
  return text === "unlimited" ? null : Number(text);
}
