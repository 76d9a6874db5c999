import * as z from "zod";
import { exhibit, type FactProbe, measured } from "./fact-probe.ts";

const schema = z.object({
  present: z.boolean(),
  /** How we know; empty where nothing points to it. */
  signs: z.array(z.string()),
});

/** The build time that every gVisor reports (pkg/sentry/kernel/version.go, pkg/sentry/fsimpl/proc). */
const sentryBuildTime = "Sun Jan 10 15:06:54 PST 2016";

/**
 * Whether the kernel is gVisor. Told to people only: nothing else may depend on
 * it, because each thing that gVisor lacks has a probe of its own.
 */
export const gvisor: FactProbe<z.infer<typeof schema>> = {
  id: "gvisor",
  title: "Whether the kernel is gVisor",
  schema,
  async measure(host, signal) {
    const version = (await host.files.readTextIfPresent("/proc/version")) ?? "";
    const exhibits = [exhibit("/proc/version", version)];
    const signs: string[] = [];
    if (version.includes("gvisor")) signs.push('/proc/version says "gvisor"');
    if (version.includes(sentryBuildTime)) signs.push("/proc/version has the build time that every gVisor has");
    // A kernel that hides its version still greets in its log. Not asked where the version told: a process start is not free.
    if (signs.length === 0 && (await host.commands.find("dmesg")) !== undefined) {
      const { stdout } = await host.commands.run(["dmesg"], { signal, acceptedExitCodes: "any", timeout: 2000 });
      const greeting = stdout.split("\n").find((line) => line.includes("Starting gVisor"));
      if (greeting !== undefined) {
        signs.push('the kernel log says "Starting gVisor"');
        exhibits.push(exhibit("dmesg", greeting));
      }
    }
    return measured({ present: signs.length > 0, signs }, exhibits);
  },
};
