import { join } from "node:path";
import type { RegistryRoute } from "../contract/cluster-spec.ts";
import type { Host } from "../contract/host.ts";

/** A user of a registry. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** What a docker config says of registries. */
export interface DockerLogins {
  /** By registry as the file writes it: HOST, HOST:PORT, HOST/PATH, or an address. */
  readonly logins: ReadonlyMap<string, Login>;
  /** What the user has to know of it. */
  readonly notes: readonly string[];
}

/** What is read of the file (https://github.com/docker/cli/blob/v29.0.0/cli/config/configfile/file.go). */
interface DockerConfig {
  readonly auths?: Readonly<Record<string, unknown>>;
  readonly credsStore?: unknown;
  readonly credHelpers?: Readonly<Record<string, unknown>>;
}

const none: DockerLogins = { logins: new Map(), notes: [] };

/** Reads who this user is to registries: config.json in DOCKER_CONFIG, or else in ~/.docker. Secrets are never in a note. */
export async function readDockerLogins({
  environment,
  files,
}: Pick<Host, "environment" | "files">): Promise<DockerLogins> {
  const named = environment["DOCKER_CONFIG"] ?? "";
  const path = join(named === "" ? join(environment["HOME"] ?? "/root", ".docker") : named, "config.json");
  let text: string | undefined;
  try {
    text = await files.readTextIfPresent(path);
  } catch {
    return { ...none, notes: [`${path} cannot be read, so registries are asked without credentials.`] };
  }
  return text === undefined ? none : parseDockerConfig(text, path);
}

/** The logins in the text of a docker config. Pure. */
export function parseDockerConfig(text: string, path: string): DockerLogins {
  let config: DockerConfig;
  try {
    const value: unknown = JSON.parse(text);
    if (!isRecord(value)) throw new TypeError("no object");
    config = value;
  } catch {
    // Node's own words would repeat a piece of the file.
    return { ...none, notes: [`${path} is not JSON, so registries are asked without credentials.`] };
  }
  const logins = new Map<string, Login>();
  const tokens: string[] = [];
  const unclear: string[] = [];
  const kept: string[] = [];
  for (const [key, entry] of Object.entries(isRecord(config.auths) ? config.auths : {})) {
    const login = loginIn(entry);
    if (login !== undefined) logins.set(key, login);
    else if (!isRecord(entry)) unclear.push(key);
    else if (isText(entry["identitytoken"])) tokens.push(key);
    else if (isText(entry["auth"])) unclear.push(key);
    else kept.push(key);
  }
  return { logins, notes: [...helperNotes(config, kept, path), ...otherNotes(tokens, unclear, path)] };
}

function loginIn(entry: unknown): Login | undefined {
  if (!isRecord(entry) || isText(entry["identitytoken"])) return undefined;
  if (isText(entry["auth"])) {
    const [, username = "", password = ""] = /^([^:]+):([\s\S]*)$/.exec(decoded(entry["auth"])) ?? [];
    return username === "" ? undefined : { username, password };
  }
  const { username, password } = entry;
  return isText(username) && isText(password) ? { username, password } : undefined;
}

/** docker once ended passwords with NULs. */
function decoded(base64: string): string {
  return Buffer.from(base64, "base64").toString().replace(/\0+$/, "");
}

function helperNotes({ credsStore, credHelpers }: DockerConfig, kept: readonly string[], path: string): string[] {
  const helpers = new Map<string, string[]>();
  for (const [registry, helper] of Object.entries(isRecord(credHelpers) ? credHelpers : {})) {
    if (isText(helper)) helpers.set(helper, [...(helpers.get(helper) ?? []), registry]);
  }
  if (isText(credsStore)) helpers.set(credsStore, [...(helpers.get(credsStore) ?? []), ...kept]);
  return [...helpers].map(
    ([helper, registries]) =>
      `${path} leaves credentials${of(registries)} to docker-credential-${helper}, which is not run: what it gives may be valid for minutes only. Give pods an imagePullSecret.`,
  );
}

function otherNotes(tokens: readonly string[], unclear: readonly string[], path: string): string[] {
  return [
    ...(tokens.length === 0
      ? []
      : [`${path} has an identity token${of(tokens)}, which the kubelet does not take. Give pods an imagePullSecret.`]),
    ...(unclear.length === 0 ? [] : [`What ${path} says${of(unclear)} is no user and password, so it is not used.`]),
  ];
}

function of(registries: readonly string[]): string {
  return registries.length === 0 ? "" : ` of ${registries.join(", ")}`;
}

/** The host that a docker config means by what it writes, with docker.io for its older names. Pure. */
export function hostOfLogin(key: string): string {
  const [host = ""] = key.replace(/^https?:\/\//, "").split("/");
  return ["index.docker.io", "registry-1.docker.io"].includes(host) ? "docker.io" : host;
}

/** Who this user is at a host; the whole host's login, as docker knows no other. Pure. */
export function loginAt(host: string, { logins }: Pick<DockerLogins, "logins">): Login | undefined {
  const wanted = hostOfLogin(host);
  return [...logins].find(([key]) => hostOfLogin(key) === wanted && !hasPath(key))?.[1];
}

/** /v1/ and /v2/ are the whole host's (https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/credentialprovider/keyring.go#L157). */
function hasPath(key: string): boolean {
  const path = key.replace(/^https?:\/\//, "").replace(/^[^/]*/, "");
  return !/^(\/v[12])?\/?$/.test(path);
}

/**
 * What the kubelet is given of it, as its config.json. containerd would show what the kubelet hands it to every place that
 * asks for credentials, mirrors included
 * (ParseAuth in https://github.com/containerd/containerd/blob/v2.2.9/internal/cri/server/images/image_pull.go), so the
 * logins of registries with mirrors are left out: they are in those registries' hosts.toml, host by host. Pure.
 */
export function kubeletConfigJson({ logins }: Pick<DockerLogins, "logins">, routes: readonly RegistryRoute[]): string {
  const mirrored = new Set(routes.filter(({ mirrors }) => mirrors.length > 0).map(({ registry }) => registry));
  const own = [...logins].filter(([key]) => !mirrored.has(hostOfLogin(key)));
  return JSON.stringify({ auths: Object.fromEntries(own.map(([key, login]) => [key, { auth: basic(login) }])) });
}

/** User and password as the Basic scheme writes them (RFC 7617). Pure. */
export function basic({ username, password }: Login): string {
  return Buffer.from(`${username}:${password}`).toString("base64");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
