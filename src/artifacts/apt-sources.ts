/** One archive in a machine's apt sources (sources.list(5)). */
export interface AptSource {
  readonly uri: string;
  readonly suite: string;
  /** The keyring that signs it, where the entry names one. */
  readonly signedBy: string | undefined;
}

/** Reads a file of apt sources in the one-line style (.list). */
export function parseOneLineSources(text: string): readonly AptSource[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*deb\s+(?:\[(?<options>[^\]]*)\]\s+)?(?<uri>\S+)\s+(?<suite>\S+)/.exec(line);
    if (match?.groups === undefined) return [];
    const { options = "", uri = "", suite = "" } = match.groups;
    return [{ uri, suite, signedBy: /(?:^|\s)signed-by=(\S+)/i.exec(options)?.[1] }];
  });
}

/** Reads a file of apt sources in the deb822 style (.sources). */
export function parseDeb822Sources(text: string): readonly AptSource[] {
  const stanzas = text
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join("\n")
    .split(/\n\s*\n/);
  return stanzas.flatMap((stanza) => {
    const fields = new Map<string, string>();
    let field = "";
    for (const line of stanza.split("\n")) {
      const start = /^([\w-]+):(.*)$/.exec(line);
      if (start !== null) field = (start[1] ?? "").toLowerCase();
      const value = start === null ? line : (start[2] ?? "");
      fields.set(field, `${fields.get(field) ?? ""}\n${value}`.trim());
    }
    const words = (name: string): string[] => (fields.get(name) ?? "").split(/\s+/).filter((word) => word !== "");
    if (!words("types").includes("deb") || fields.get("enabled")?.toLowerCase() === "no") return [];
    // A key may stand in the field itself; then it is not a path.
    const signedBy = words("signed-by").length === 1 ? words("signed-by")[0] : undefined;
    return words("uris").flatMap((uri) => words("suites").map((suite) => ({ uri, suite, signedBy })));
  });
}

/**
 * The archive that serves a Debian suite: the one the machine itself uses for
 * that suite or its base, else for any other suite, as a mirror holds them all.
 */
export function sourceOfSuite(sources: readonly AptSource[], suite: string): AptSource | undefined {
  const base = suite.replace(/-backports$/, "");
  // The main archive's path ends in /debian; /debian-security and other vendors' archives hold other suites.
  const archives = sources.filter(({ uri }) => /^(https?|file|copy|mirror\+\w+):.*\/debian\/?$/.test(uri));
  return (
    archives.find((source) => source.suite === suite) ??
    archives.find((source) => source.suite === base) ??
    archives.at(0)
  );
}
