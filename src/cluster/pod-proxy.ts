import { BlockList, isIP } from "node:net";
import { bypassOf } from "../contract/around-proxy.ts";
import { runsContainers, type ClusterSpec, type PodProxy } from "../contract/cluster-spec.ts";
import type { Host } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { trustedAuthorities } from "../pki/trusted-authorities.ts";

/** What the user asks for: the proxy of this process's environment, one by its address, or none. */
export type WantedPodProxy = boolean | string | undefined;

/** The variables that name a proxy, the one that counts first; in lower case first, as curl and wget read them. */
const variables = {
  http: ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"],
  https: ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"],
} as const;

/** Milliseconds for one connection and one question. */
const patience = 2500;

/** A proxy as it was named, which pods may not reach. */
export interface NamedProxy {
  readonly http?: URL;
  readonly https?: URL;
  readonly bypass: readonly string[];
}

/**
 * The proxy that pods are to be told of, as the user or the environment names it; undefined: none is asked for. Pure.
 *
 * @throws SandkubeError (usage) where none is named or the name is no address of a proxy
 */
export function namedProxy(wanted: WantedPodProxy, environment: Host["environment"]): NamedProxy | undefined {
  if (wanted === undefined || wanted === false) return undefined;
  const first = (names: readonly string[]): string | undefined =>
    names.find((name) => (environment[name] ?? "").trim() !== "");
  const bypass = bypassOf(environment);
  if (typeof wanted === "string") {
    const url = proxyAddress(wanted, "The address given for --pod-proxy or network.podProxy");
    return { http: url, https: url, bypass };
  }
  const [http, https] = [variables.http, variables.https].map((names) => {
    const name = first(names);
    return name === undefined ? undefined : proxyAddress(environment[name] ?? "", `The variable ${name}`);
  });
  if (http === undefined && https === undefined) {
    throw new SandkubeError({
      title: "There is no proxy to tell pods of",
      message:
        "--pod-proxy or network.podProxy asks for the proxy of this environment, and neither HTTP_PROXY nor HTTPS_PROXY is set.",
      hint: "Name it: --pod-proxy=http://PROXY:PORT. Without a proxy on the way out, leave --pod-proxy away.",
      exit: "usage",
    });
  }
  return { ...(http === undefined ? {} : { http }), ...(https === undefined ? {} : { https }), bypass };
}

/** Never says what it read: it may hold a password. */
function proxyAddress(text: string, source: string): URL {
  const trimmed = text.trim();
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(trimmed) ?? [];
  const full = scheme === undefined ? `http://${trimmed}` : trimmed;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  const isProxy =
    url !== undefined && ["http:", "https:"].includes(url.protocol) && url.hostname !== "" && url.pathname === "/";
  if (!isProxy || url.search !== "" || url.hash !== "") {
    throw new SandkubeError({
      title: "Not the address of an HTTP proxy",
      message: `${source} is not of the form http://PROXY:PORT.`,
      hint: "Pods can be told of HTTP and HTTPS proxies; a password in the address has to be percent-encoded.",
      exit: "usage",
    });
  }
  return url;
}

/** The address without user and password, for people. */
function shown(url: URL): string {
  return `${url.protocol}//${url.hostname}:${portOf(url)}`;
}

/** Always said: without it curl takes 1080, and Go 80. */
function portOf({ port, protocol }: URL): string {
  return port === "" ? (protocol === "https:" ? "443" : "80") : port;
}

/** What pods are told, and what the user has to know of it. */
export interface ToldProxy {
  readonly podProxy?: PodProxy;
  readonly notes: readonly string[];
}

/**
 * Makes of a named proxy one that pods of a cluster reach, as far as can be told before there are any.
 *
 * @param localAddresses those of this machine
 * @throws SandkubeError (unsupported) where pods cannot reach it
 */
export async function reachableProxy(
  named: NamedProxy,
  where: Pick<ClusterSpec, "mode" | "network">,
  localAddresses: readonly string[],
  host: Host,
): Promise<ToldProxy> {
  if (!runsContainers(where.mode)) {
    return { notes: ["No container runs in this mode, so pods are not told of the proxy."] };
  }
  const reached = new Map<string, Reached>();
  for (const url of [named.http, named.https]) {
    if (url === undefined || reached.has(url.href)) continue;
    reached.set(url.href, await reach(url, where, localAddresses, host));
  }
  const { files: authorities, silent } = await trustedAuthorities(host);
  const [http, https] = [named.http, named.https].map((url) => reached.get(url?.href ?? "")?.told);
  const urls = [...new Set([named.http, named.https])].filter((url) => url !== undefined);
  const places = [...new Set(urls.map(shown))];
  return {
    podProxy: {
      ...(http === undefined ? {} : { http }),
      ...(https === undefined ? {} : { https }),
      bypass: named.bypass,
      authorities,
    },
    notes: [
      `New pods are told of the proxy ${places.join(" and ")}; the cluster's own addresses, .svc and .cluster.local bypass it.`,
      ...(urls.some(({ username, password }) => username + password !== "")
        ? ["The user and the password in its address can be read by whoever may read pods."]
        : []),
      ...(silent === undefined ? [] : [`${silent} holds no authority's certificate, so pods are not given it.`]),
      ...[...reached.values()].flatMap(({ notes }) => notes),
    ],
  };
}

/** A proxy as pods are told of it, and what has to be said. */
interface Reached {
  readonly told: string;
  readonly notes: readonly string[];
}

async function reach(
  url: URL,
  { mode, network }: Pick<ClusterSpec, "mode" | "network">,
  localAddresses: readonly string[],
  host: Host,
): Promise<Reached> {
  if (mode === "host-network") {
    // Pods have the machine's loopback and its hosts(5) file (nodeHostsFileContent in
    // https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/kubelet/kubelet_pods.go).
    return { told: toldAs(url, url.hostname), notes: await silence(url, url.hostname.replace(/^\[|\]$/g, ""), host) };
  }
  if (url.hostname.startsWith("[") && !isLoopback(url.hostname)) {
    throw unreachable(`${shown(url)} is an IPv6 address, and pods have IPv4 only.`, "http://PROXY:PORT");
  }
  const { address, isKnownToPods } = await addressOf(url, network, host);
  const here = `${url.protocol}//${network.nodeAddress}:${portOf(url)}`;
  if (isLoopback(address)) {
    const because = `${shown(url)} is on the loopback of this machine, and each pod has a loopback of its own.`;
    throw unreachable(because, here, "Have it listen on 0.0.0.0, and name it by the node's address");
  }
  // An https: proxy shows a certificate for its name, which an address in its place would not match.
  if (!isKnownToPods && url.protocol === "https:") throw unknownToPods(url);
  const told = toldAs(url, isKnownToPods ? url.hostname : address);
  // The node has its address once the cluster runs, and every pod reaches it.
  if (address === network.nodeAddress) return { told, notes: [] };
  const notes = localAddresses.includes(address)
    ? [
        `${shown(url)} is on this machine itself. In gVisor pods reach such a one at the node's address only: --pod-proxy=${here}`,
      ]
    : [];
  const { egress } = network;
  if (egress.kind === "none") {
    return { told, notes: [...notes, `Pods have no way out to the proxy ${shown(url)}: ${egress.because}.`] };
  }
  return { told, notes: [...notes, ...(await silence(url, address, host))] };
}

async function silence(url: URL, address: string, { sockets }: Host): Promise<readonly string[]> {
  if (await sockets.canConnect(address, Number(portOf(url)), patience)) return [];
  return [`The proxy ${shown(url)} takes no connection from this machine.`];
}

function toldAs(url: URL, hostname: string): string {
  const user = url.username === "" ? "" : `${url.username}${url.password === "" ? "" : `:${url.password}`}@`;
  return `${url.protocol}//${user}${hostname}:${portOf(url)}`;
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8);
loopback.addAddress("0.0.0.0");

function isLoopback(hostname: string): boolean {
  if (isIP(hostname) === 4) return loopback.check(hostname);
  return hostname === "[::1]" || /^(.*\.)?localhost$/i.test(hostname);
}

/** A name counts as known to pods where the name servers know it that the cluster's DNS asks. */
async function addressOf(
  url: URL,
  { resolvers }: ClusterSpec["network"],
  { sockets }: Host,
): Promise<{ readonly address: string; readonly isKnownToPods: boolean }> {
  const { hostname } = url;
  if (isIP(hostname) === 4 || isLoopback(hostname)) return { address: hostname, isKnownToPods: true };
  for (const server of resolvers) {
    const answer = await sockets.askNameServer(server, { name: hostname, type: "A" }, patience);
    const address = answer.answered ? answer.records[0] : undefined;
    if (address !== undefined) return { address, isKnownToPods: true };
  }
  const [address] = await sockets.addressesOf(hostname);
  if (address === undefined) throw unknownToPods(url);
  return { address, isKnownToPods: false };
}

function unknownToPods(url: URL): SandkubeError {
  const because = `The name ${url.hostname} is not known to the name servers that the cluster asks.`;
  return unreachable(because, "http://ADDRESS:PORT");
}

function unreachable(message: string, instead: string, remedy = "Name the proxy by its IPv4 address"): SandkubeError {
  const hint = `${remedy}: --pod-proxy=${instead}`;
  return new SandkubeError({ title: "Pods cannot reach the proxy", message, hint, exit: "unsupported" });
}
