import * as z from "zod";
import { exhibit, type FactProbe, measured } from "./fact-probe.ts";

const schema = z.object({ devices: z.array(z.string()) });

/** Swap devices and files in use. */
export const swap: FactProbe<z.infer<typeof schema>> = {
  id: "swap",
  title: "Swap",
  schema,
  async measure({ files }) {
    const text = await files.readTextIfPresent("/proc/swaps");
    const devices = (text ?? "")
      .split("\n")
      .slice(1)
      .map((line) => line.split(/\s+/)[0] ?? "")
      .filter((name) => name !== "");
    return measured({ devices }, [exhibit("/proc/swaps", text ?? "absent")]);
  },
};
