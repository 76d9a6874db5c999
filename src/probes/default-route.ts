import * as z from "zod";
import { exhibit, type FactProbe, measured } from "./fact-probe.ts";

const schema = z
  .object({
    link: z.string(),
    /** Undefined for a link that needs none. */
    gateway: z.string().optional(),
    /** The first IPv4 address of the link; undefined where `ip` could not say. */
    address: z.string().optional(),
  })
  .nullable();

/** The way out of the machine; null where there is none. */
export const defaultRoute: FactProbe<z.infer<typeof schema>> = {
  id: "default-route",
  title: "The way out of the machine",
  schema,
  async measure(host, signal) {
    const text = (await host.files.readTextIfPresent("/proc/net/route")) ?? "";
    const exhibits = [exhibit("/proc/net/route", text)];
    const route = text
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .find(([, destination, , , , , , mask]) => destination === "00000000" && mask === "00000000");
    const [link, , gateway] = route ?? [];
    if (link === undefined) return measured(null, exhibits);
    const { stdout } = await host.commands.run(["ip", "-oneline", "-4", "address", "show", "dev", link], {
      signal,
      acceptedExitCodes: "any",
    });
    exhibits.push(exhibit(`ip -oneline -4 address show dev ${link}`, stdout));
    const address = /\binet (\d+\.\d+\.\d+\.\d+)/.exec(stdout)?.[1];
    return measured(
      {
        link,
        ...(gateway === undefined || gateway === "00000000" ? {} : { gateway: dotted(gateway) }),
        ...(address === undefined ? {} : { address }),
      },
      exhibits,
    );
  },
};

/** /proc/net/route writes addresses as a hex number in the machine's byte order, which is little-endian here. */
function dotted(hex: string): string {
  const bytes = hex.match(/../g) ?? [];
  return bytes
    .reverse()
    .map((byte) => Number.parseInt(byte, 16))
    .join(".");
}
