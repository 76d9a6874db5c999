import type { GoSource } from "../contract/artifact.ts";

/** Go's name of a Node architecture (process.arch). */
export function goArchitecture(architecture: string): string {
  return architecture === "x64" ? "amd64" : architecture;
}

/**
 * The arguments of `go` that build a program, without the output's path.
 * -trimpath keeps the builder's directories out of the binary.
 */
export function goBuildArguments(source: GoSource, version: string): readonly string[] {
  const stamps = Object.entries(source.stamps?.(version) ?? {}).map(([name, value]) => `-X ${name}=${value}`);
  // A static program runs in any root file system, whatever libc that has.
  const linking = source.cgo ? ["-linkmode external", "-extldflags -static"] : [];
  return [
    "build",
    "-v",
    "-trimpath",
    "-buildvcs=false",
    "-mod=readonly",
    ...(source.tags === undefined ? [] : ["-tags", source.tags.join(",")]),
    "-ldflags",
    ["-s", "-w", ...linking, ...stamps].join(" "),
    source.package,
  ];
}

/**
 * What a build adds to the environment. GOCACHE, GOMODCACHE, GOPROXY and
 * GOTOOLCHAIN stay the user's; a workspace of the user's must not replace the
 * pinned modules.
 */
export function goBuildEnvironment(source: GoSource, architecture: string): Readonly<Record<string, string>> {
  return {
    CGO_ENABLED: source.cgo ? "1" : "0",
    GOOS: "linux",
    GOARCH: goArchitecture(architecture),
    GOWORK: "off",
  };
}
