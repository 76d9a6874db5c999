import type { RegistryRoute } from "../contract/cluster-spec.ts";
import { basic, loginAt, type DockerLogins } from "./docker-logins.ts";
import { endpointsOf } from "./registry-endpoints.ts";

/** The directory that containerd looks for a registry's hosts.toml in; a colon of a port becomes two underscores. Pure. */
export function hostsDirectory(registry: string): string {
  return registry.replace(/:(\d+)$/, "_$1_");
}

/**
 * A registry's hosts.toml (https://github.com/containerd/containerd/blob/v2.2.9/docs/hosts.md). Each place that has
 * mirrors beside it gets its credentials as a header of its own, which goes to it alone, and to the token server that it
 * names. Pure.
 */
export function hostsFile(route: RegistryRoute, logins: Pick<DockerLogins, "logins">): string {
  const endpoints = endpointsOf(route);
  const lines = (base: string, host: string, table: string): string[] => {
    const login = route.mirrors.length === 0 ? undefined : loginAt(host, logins);
    return [
      // Without it containerd puts /v2 after the path, where mirrors have it before the repository's.
      "override_path = true",
      // With it containerd would try https: first where http: is said.
      ...(route.authority === undefined || base.startsWith("http:") ? [] : [`ca = ${quote(route.authority)}`]),
      ...(login === undefined ? [] : [`[${table}header]`, `Authorization = ${quote(`Basic ${basic(login)}`)}`]),
    ];
  };
  const own = endpoints.filter(({ kind }) => kind === "registry");
  const mirrors = endpoints.filter(({ kind }) => kind === "mirror");
  return [
    ...own.flatMap(({ base, host }) => [`server = ${quote(base)}`, ...lines(base, host, "")]),
    ...mirrors.flatMap(({ base, host }) => {
      const table = `host.${quote(base)}`;
      return [`[${table}]`, `capabilities = ["pull", "resolve"]`, ...lines(base, host, `${table}.`)];
    }),
    "",
  ].join("\n");
}

function quote(text: string): string {
  return JSON.stringify(text); // a TOML basic string is a JSON string
}
