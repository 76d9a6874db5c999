import * as z from "zod";
import { exhibit, type FactProbe, inconclusive, measured } from "./fact-probe.ts";
import { statusField, statusLines } from "./process-status.ts";

const schema = z.object({
  /** The effective user id. */
  uid: z.int(),
  gid: z.int(),
});

/** The user that this program runs as. */
export const userId: FactProbe<z.infer<typeof schema>> = {
  id: "user-id",
  title: "The user that runs this",
  schema,
  async measure(host) {
    const status = await host.files.readText("/proc/self/status");
    const exhibits = [exhibit("/proc/self/status", statusLines(status, ["Uid", "Gid"]))];
    // Real, effective, saved and filesystem id (proc(5)).
    const uid = Number(statusField(status, "Uid")?.split(/\s+/)[1] ?? Number.NaN);
    const gid = Number(statusField(status, "Gid")?.split(/\s+/)[1] ?? Number.NaN);
    if (Number.isNaN(uid) || Number.isNaN(gid)) return inconclusive("/proc/self/status shows no user", exhibits);
    return measured({ uid, gid }, exhibits);
  },
};
