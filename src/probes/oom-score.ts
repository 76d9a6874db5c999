import * as z from "zod";
import { exhibit, type FactProbe, measured, reasonOf } from "./fact-probe.ts";

const schema = z.object({
  /** The value that processes start with here. */
  current: z.int(),
  /** Whether a process may set -998, which containerd asks for each pod's sandbox. */
  canLower: z.boolean(),
});

const file = "/proc/self/oom_score_adj";

/** Whether a process may put itself out of the reach of the OOM killer; this one tries, and puts its own value back. */
export const oomScore: FactProbe<z.infer<typeof schema>> = {
  id: "oom-score",
  title: "Lowering oom_score_adj, really tried",
  schema,
  async measure({ files }) {
    const current = Number(await files.readText(file));
    let refusal: string | undefined;
    try {
      await files.writeInPlace(file, "-998");
      await files.writeInPlace(file, String(current));
    } catch (error) {
      refusal = reasonOf(error);
    }
    return measured({ current, canLower: refusal === undefined }, [
      exhibit(file, String(current)),
      exhibit(`echo -998 > ${file}`, refusal ?? "accepted"),
    ]);
  },
};
