import * as z from "zod";
import { exhibit, type FactProbe, measured } from "./fact-probe.ts";

const schema = z.object({
  present: z.boolean(),
  /** Whether it can be opened for reading. */
  readable: z.boolean(),
});

/** The kernel's log, /dev/kmsg. */
export const kernelLog: FactProbe<z.infer<typeof schema>> = {
  id: "kernel-log",
  title: "The kernel's log, /dev/kmsg",
  schema,
  async measure(host, signal) {
    const status = await host.files.status("/dev/kmsg");
    if (status === undefined) return measured({ present: false, readable: false }, [exhibit("/dev/kmsg", "absent")]);
    // Only opened, in a process of its own: a read of /dev/kmsg waits for the next message.
    const { exitCode, stderr } = await host.commands.run(["sh", "-c", ": < /dev/kmsg"], {
      signal,
      acceptedExitCodes: "any",
    });
    const readable = exitCode === 0;
    return measured({ present: true, readable }, [exhibit(": < /dev/kmsg", readable ? "opened" : stderr)]);
  },
};
