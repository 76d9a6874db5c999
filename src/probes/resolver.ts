import * as z from "zod";
import type { Files } from "../contract/host.ts";
import { exhibit, type FactProbe, measured } from "./fact-probe.ts";

const path = "/etc/resolv.conf";

const schema = z.object({ nameservers: z.array(z.string()) });

/** The name servers of the machine. */
export const resolver: FactProbe<z.infer<typeof schema>> = {
  id: "resolver",
  title: "Name servers",
  schema,
  async measure({ files }) {
    const text = await files.readTextIfPresent(path);
    return measured({ nameservers: nameserversIn(text ?? "") }, [exhibit(path, text ?? "absent")]);
  },
};

/** The name servers that the machine's programs ask. */
export async function nameservers(files: Files): Promise<readonly string[]> {
  return nameserversIn((await files.readTextIfPresent(path)) ?? "");
}

function nameserversIn(text: string): string[] {
  return [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map((match) => match[1] ?? "");
}
