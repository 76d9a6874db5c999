import * as z from "zod";
import { exhibit, type FactProbe, measured } from "./fact-probe.ts";

const schema = z.object({
  /** As `uname -r` says. */
  release: z.string(),
  /** All of /proc/version. */
  version: z.string(),
});

/** What the kernel calls itself. */
export const kernel: FactProbe<z.infer<typeof schema>> = {
  id: "kernel",
  title: "What the kernel calls itself",
  schema,
  async measure(host) {
    const version = (await host.files.readText("/proc/version")).trim();
    const release = /^Linux version (\S+)/.exec(version)?.[1] ?? "unknown";
    return measured({ release, version }, [exhibit("/proc/version", version)]);
  },
};
