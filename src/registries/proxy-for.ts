import { BlockList, isIP } from "node:net";
import { bypassOf } from "../contract/around-proxy.ts";
import type { Host } from "../contract/host.ts";

/**
 * The proxy that programs of Go ask for an address, containerd among them; undefined: none
 * (https://github.com/golang/net/blob/v0.47.0/http/httpproxy/proxy.go). Pure.
 */
export function proxyFor(address: string, environment: Host["environment"]): string | undefined {
  const url = new URL(address);
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  if (host === "localhost" || isIn("127.0.0.0/8", host) || host === "::1") return undefined;
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  if (bypassOf(environment).some((entry) => bypasses(entry.toLowerCase(), host, port))) return undefined;
  const names = url.protocol === "https:" ? ["HTTPS_PROXY", "https_proxy"] : ["HTTP_PROXY", "http_proxy"];
  const named = names.map((name) => (environment[name] ?? "").trim()).find((value) => value !== "");
  if (named === undefined) return undefined;
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(named) ? named : `http://${named}`;
  return URL.canParse(full) ? full : undefined;
}

function bypasses(entry: string, host: string, port: string): boolean {
  if (entry === "*") return true;
  if (entry.includes("/")) return isIn(entry, host);
  const [, name = "", wantedPort] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
  if (wantedPort !== undefined && wantedPort !== port) return false;
  if (isIP(name) !== 0) return name === host;
  const suffix = name.replace(/^\*/, "");
  // `.example` and `*.example` are what is below it; `example` is that and itself.
  return suffix.startsWith(".") ? host.endsWith(suffix) : host === suffix || host.endsWith(`.${suffix}`);
}

function isIn(network: string, host: string): boolean {
  const [address = "", length = ""] = network.split("/");
  const family = isIP(address);
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(length)) return false;
  if (Number(length) > (family === 4 ? 32 : 128)) return false;
  const networks = new BlockList();
  const type = family === 4 ? "ipv4" : "ipv6";
  networks.addSubnet(address, Number(length), type);
  return networks.check(host, type);
}
