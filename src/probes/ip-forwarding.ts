import { exhibit, type FactProbe, measured } from "./fact-probe.ts";
import { describeTunable, measureTunable, type Tunable, tunableSchema } from "./kernel-tunables.ts";

/** Whether packets are passed on between links, and whether that can be switched on. */
export const ipForwarding: FactProbe<Tunable> = {
  id: "ip-forwarding",
  title: "IPv4 forwarding",
  schema: tunableSchema,
  async measure({ files }) {
    const tunable = await measureTunable(files, "net/ipv4/ip_forward");
    return measured(tunable, [exhibit("/proc/sys/net/ipv4/ip_forward", describeTunable(tunable))]);
  },
};
