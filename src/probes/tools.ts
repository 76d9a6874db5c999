import * as z from "zod";
import { exhibit, type FactProbe, measured } from "./fact-probe.ts";

const names = [
  "sh",
  "mount",
  "umount",
  "unshare",
  "nsenter",
  "ip",
  "iptables",
  "iptables-legacy",
  "iptables-nft",
  "stat",
  "perl",
  "runc",
  "tar",
] as const;

const schema = z.record(z.enum(names), z.string().nullable());

/** Where the programs are that Kubernetes and sandkube call, by name; null where there is none. */
export const tools: FactProbe<z.infer<typeof schema>> = {
  id: "tools",
  title: "Programs that are called",
  schema,
  async measure(host) {
    const paths = await Promise.all(names.map((name) => host.commands.find(name)));
    const value = Object.fromEntries(names.map((name, index) => [name, paths[index] ?? null])) as z.infer<
      typeof schema
    >;
    const listing = names.map((name) => `${name}: ${value[name] ?? "not found"}`).join("\n");
    return measured(value, [exhibit("PATH", listing)]);
  },
};
