import * as z from "zod";
import { exhibit, type FactProbe, measured } from "./fact-probe.ts";

const schema = z.object({ nameservers: z.array(z.string()) });

/** The name servers of the machine. */
export const resolver: FactProbe<z.infer<typeof schema>> = {
  id: "resolver",
  title: "Name servers",
  schema,
  async measure({ files }) {
    const text = await files.readTextIfPresent("/etc/resolv.conf");
    const nameservers = [...(text ?? "").matchAll(/^\s*nameserver\s+(\S+)/gm)].map((match) => match[1] ?? "");
    return measured({ nameservers }, [exhibit("/etc/resolv.conf", text ?? "absent")]);
  },
};
