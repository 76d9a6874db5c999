import * as z from "zod";
import { exhibit, type FactProbe, measured } from "./fact-probe.ts";

const schema = z.object({
  /** Links that have an IPv6 address. */
  links: z.array(z.string()),
});

/** Whether there is IPv6. */
export const ipv6: FactProbe<z.infer<typeof schema>> = {
  id: "ipv6",
  title: "IPv6",
  schema,
  async measure({ files }) {
    const text = await files.readTextIfPresent("/proc/net/if_inet6");
    const links = [...(text ?? "").matchAll(/(\S+)\s*$/gm)].map((match) => match[1] ?? "");
    return measured({ links: [...new Set(links)] }, [exhibit("/proc/net/if_inet6", text ?? "absent")]);
  },
};
