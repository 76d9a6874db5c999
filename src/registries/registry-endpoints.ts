import type { RegistryRoute } from "../contract/cluster-spec.ts";

/** A place where images of a registry are asked for. */
export interface RegistryEndpoint {
  /** The registry that it stands for, as names of images say it. */
  readonly registry: string;
  readonly kind: "mirror" | "registry";
  /** HOST or HOST:PORT, as credentials are kept by. */
  readonly host: string;
  /** What a repository's path is put after: `https://mirror.example/v2/k8s`. */
  readonly base: string;
  /** Where the API says of itself that it is one (https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#determining-support). */
  readonly api: string;
}

/** Images of docker.io come from another name (https://github.com/containerd/containerd/blob/v2.2.9/core/remotes/docker/config/hosts.go#L99). */
const dockerHub = { name: "docker.io", host: "registry-1.docker.io" };

/** The places where images of a registry are asked for, in the order in which that is done. Pure. */
export function endpointsOf({ registry, mirrors, plainHttp }: RegistryRoute): readonly RegistryEndpoint[] {
  const host = registry === dockerHub.name ? dockerHub.host : registry;
  const own = `${plainHttp === true ? "http" : "https"}://${host}/v2`;
  return [
    ...mirrors.map((address): RegistryEndpoint => {
      const url = new URL(address);
      const path = apiPath(url.pathname);
      const [root = path] = /^.*?\/v2(?=\/|$)/.exec(path) ?? [];
      return { registry, kind: "mirror", host: url.host, base: url.origin + path, api: `${url.origin}${root}/` };
    }),
    { registry, kind: "registry", host, base: own, api: `${own}/` },
  ];
}

/**
 * The path as a repository's begins: /k8s is /v2/k8s, as in the name of an image. One that has the /v2 of the API in it
 * is taken as it stands.
 */
function apiPath(pathname: string): string {
  const path = pathname.replace(/\/+$/, "");
  return /\/v2(\/|$)/.test(path) ? path : `/v2${path}`;
}
