import { authoritiesIn } from "../contract/authorities-in.ts";
import type { RegistryRoute } from "../contract/cluster-spec.ts";
import type { Host } from "../contract/host.ts";
import type { RegistryAnswer } from "../contract/registry-answer.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { trustedAuthorities } from "../pki/trusted-authorities.ts";
import { askRegistry } from "../registries/ask-registry.ts";
import { hostOfLogin, loginAt, readDockerLogins } from "../registries/docker-logins.ts";
import { endpointsOf } from "../registries/registry-endpoints.ts";
import type { ClusterConfig } from "./cluster-options.ts";
import type { Session } from "./session.ts";

/** Milliseconds for one place; all are asked at once. */
const patience = 5000;

/** The registries that most images are of. */
const usual = ["registry.k8s.io", "docker.io"];

/**
 * How the user says that registries are reached.
 *
 * @throws SandkubeError (usage) where a file holds no authority's certificate
 */
export async function registryRoutes(
  wanted: ClusterConfig["registries"],
  host: Host,
): Promise<readonly RegistryRoute[]> {
  const routes: RegistryRoute[] = [];
  for (const [registry, { mirrors = [], authority, plainHttp }] of Object.entries(wanted ?? {})) {
    if (authority !== undefined) await requireAuthority(registry, authority, host);
    routes.push({
      registry,
      mirrors,
      ...(authority === undefined ? {} : { authority }),
      ...(plainHttp === undefined ? {} : { plainHttp }),
    });
  }
  return routes;
}

/** containerd would say so too, but at each pull. */
async function requireAuthority(registry: string, path: string, { files }: Host): Promise<void> {
  const text = await files.readTextIfPresent(path).catch(() => undefined);
  if (text !== undefined && authoritiesIn([text]).length > 0) return;
  throw new SandkubeError({
    title: "Not a file with an authority's certificate",
    message: `registries.${registry}.authority: ${path} ${text === undefined ? "cannot be read" : "holds no certificate of an authority"}.`,
    hint: "Name a PEM file with the certificate of whoever signed the registry's own (-----BEGIN CERTIFICATE-----).",
    exit: "usage",
  });
}

/** What a user has to know of the credentials that images are pulled with. */
export async function credentialNotes(host: Host): Promise<readonly string[]> {
  const { logins, notes } = await readDockerLogins(host);
  const registries = [...new Set([...logins.keys()].map(hostOfLogin))];
  return [
    ...(registries.length === 0
      ? []
      : [`Every pod's images are pulled with the credentials of the docker config for ${registries.join(", ")}.`]),
    ...notes,
  ];
}

/** Asks every place that images would be pulled from, as containerd would. */
export async function askRegistries(routes: readonly RegistryRoute[], session: Session): Promise<RegistryAnswer[]> {
  const { host, signal } = session;
  const { files } = await trustedAuthorities(host);
  const trusted = authoritiesIn(await Promise.all(files.map((path) => host.files.readText(path))));
  const logins = await readDockerLogins(host);
  const named = new Set(routes.map(({ registry }) => registry));
  const all = [...routes, ...usual.filter((name) => !named.has(name)).map((registry) => ({ registry, mirrors: [] }))];
  return Promise.all(
    all.flatMap((route) =>
      endpointsOf(route).map(async (endpoint) => {
        const own = "authority" in route ? authoritiesIn([await host.files.readText(route.authority)]) : [];
        const login = loginAt(endpoint.host, logins);
        return askRegistry(endpoint, {
          host,
          authorities: [...trusted, ...own],
          ...(login === undefined ? {} : { login }),
          patience,
          signal,
        });
      }),
    ),
  );
}
