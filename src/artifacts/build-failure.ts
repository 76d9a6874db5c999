import type { Host } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { bundleHint } from "./bundle-hint.ts";

/** What a line of a failed build means, most telling first. */
const causes: readonly { readonly pattern: RegExp; readonly hint: string; readonly exit: "artifact" | "storage" }[] = [
  {
    pattern: /no space left on device|disk quota exceeded/i,
    hint: "Free some disk space; a build from an empty Go cache takes about 5 GB.",
    exit: "storage",
  },
  {
    pattern: /verifying \S+: checksum mismatch|SECURITY ERROR/i,
    hint: "A module differs from its checksum in go.sum. Do not use it; check the Go module proxy (go env GOPROXY).",
    exit: "artifact",
  },
  {
    pattern: /dial tcp|i\/o timeout|proxyconnect|no such host|TLS handshake|x509:|403 Forbidden|502 Bad Gateway/i,
    hint: `The Go module proxy could not be reached; see go env GOPROXY and the proxy variables of this shell. ${bundleHint}`,
    exit: "artifact",
  },
  {
    pattern: /signal: killed|cannot allocate memory|out of memory/i,
    hint: "The build ran out of memory; it needs about 4 GB.",
    exit: "artifact",
  },
  {
    pattern: /cannot find -l|fatal error: \S+: No such file|pkg-config/i,
    hint: "A C library for the static link is missing: apt-get install gcc libc6-dev libseccomp-dev pkg-config",
    exit: "artifact",
  },
];

/**
 * The error of a failed build.
 *
 * @param lines the last lines of the build's output
 */
export function buildFailure(
  name: string,
  lines: readonly string[],
  milliseconds: number,
  environment: Host["environment"],
): SandkubeError {
  const cause = causes.find(({ pattern }) => lines.some((line) => pattern.test(line)));
  const quoted = lines.map((line) => redact(line, environment));
  return new SandkubeError({
    title: `${name} could not be built`,
    message: [`The build failed after ${String(Math.round(milliseconds / 1000))} s:`, ...quoted].join("\n  "),
    hint: cause?.hint ?? "These are the build's own last lines.",
    exit: cause?.exit ?? "artifact",
  });
}

/** Takes user names, passwords and proxies out of a line. */
export function redact(line: string, environment: Host["environment"]): string {
  const proxies = Object.entries(environment)
    .filter(([name, value]) => /^(https?|all)_proxy$/i.test(name) && value !== undefined && value !== "")
    // A message names the proxy with its scheme, without it, or just host and port.
    .flatMap(([, value = ""]) => [
      value,
      value.replace(/^\w+:\/\//, ""),
      value.replace(/^\w+:\/\/([^@/]*@)?|\/.*$/g, ""),
    ])
    .filter((text) => text !== "");
  return proxies.reduce((text, proxy) => text.replaceAll(proxy, "(proxy)"), line).replace(/(\w+:\/\/)[^\s/@]+@/g, "$1");
}
