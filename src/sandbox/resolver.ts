import type { Files } from "../contract/host.ts";

/** What the sandbox's /etc/resolv.conf will say. */
export interface Resolver {
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  /** The host's file that it comes from. */
  readonly source: string;
  /** Said to the user where the host's own file could not be used. */
  readonly note: string | undefined;
}

/**
 * Where the real name servers stand when /etc/resolv.conf names a local stub:
 * systemd-resolved(8) and NetworkManager(8) write them there.
 */
const upstreamFiles = ["/run/systemd/resolve/resolv.conf", "/run/NetworkManager/no-stub-resolv.conf"];

/** Finds name servers that a process in another network namespace can reach. */
export async function findResolver(files: Pick<Files, "readTextIfPresent">): Promise<Resolver> {
  const own = await read(files, "/etc/resolv.conf");
  if (own.nameservers.length > 0) return own;
  for (const path of upstreamFiles) {
    const upstream = await read(files, path);
    if (upstream.nameservers.length > 0) {
      return {
        ...upstream,
        note: `The host's resolver listens on loopback, which a sandbox cannot reach; using its name servers ${upstream.nameservers.join(", ")} (${path}).`,
      };
    }
  }
  return {
    ...own,
    note: "The host's resolver listens on loopback and its name servers are not known: names do not resolve in the sandbox.",
  };
}

async function read(files: Pick<Files, "readTextIfPresent">, path: string): Promise<Resolver> {
  return { ...parseResolvConf((await files.readTextIfPresent(path)) ?? ""), source: path, note: undefined };
}

/** Reads resolv.conf(5); leaves out loopback name servers and IPv6 ones, as a sandbox has IPv4 only. */
export function parseResolvConf(content: string): Pick<Resolver, "nameservers" | "search"> {
  const lines = content.split("\n").map((line) =>
    line
      .replace(/[#;].*/, "")
      .trim()
      .split(/\s+/),
  );
  const values = (keyword: string): string[] => lines.filter(([first]) => first === keyword).flatMap((l) => l.slice(1));
  return {
    nameservers: values("nameserver").filter((address) => address.includes(".") && !address.startsWith("127.")),
    search: values("search"),
  };
}

/** Writes resolv.conf(5). */
export function formatResolvConf(resolver: Resolver): string {
  return [
    `# Written by sandkube from ${resolver.source}.`,
    ...resolver.nameservers.map((address) => `nameserver ${address}`),
    ...(resolver.search.length > 0 ? [`search ${resolver.search.join(" ")}`] : []),
    "",
  ].join("\n");
}
