import * as z from "zod";
import { exhibit, type FactProbe, inconclusive, measured } from "./fact-probe.ts";

const schema = z.object({ count: z.int() });

/** How many processors the kernel shows. */
export const cpus: FactProbe<z.infer<typeof schema>> = {
  id: "cpus",
  title: "Processors",
  schema,
  async measure({ files }) {
    const text = await files.readText("/proc/stat");
    const lines = text.split("\n").filter((line) => /^cpu\d/.test(line));
    const exhibits = [exhibit("/proc/stat", lines.map((line) => line.split(" ")[0]).join("\n"))];
    return lines.length === 0
      ? inconclusive("/proc/stat shows none", exhibits)
      : measured({ count: lines.length }, exhibits);
  },
};
