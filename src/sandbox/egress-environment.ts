import type { Host } from "../contract/host.ts";
import type { SandboxMount } from "./sandbox-options.ts";

/** Lower-case forms too: curl reads http_proxy in that form only (curl(1)). */
const proxyVariables = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"];

const certificateVariables = ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"];

/** How the host's processes reach the outside, said to the processes of a sandbox. */
export interface EgressEnvironment {
  readonly environment: Readonly<Record<string, string>>;
  /** The CA bundles that the environment names. */
  readonly mounts: readonly SandboxMount[];
  readonly notes: readonly string[];
}

/** Reads the proxies and CA bundles of this process's environment. */
export async function readEgressEnvironment(
  host: Pick<Host, "environment"> & { readonly files: Pick<Host["files"], "status"> },
): Promise<EgressEnvironment> {
  const environment: Record<string, string> = {};
  const mounts: SandboxMount[] = [];
  const notes: string[] = [];
  for (const name of proxyVariables) {
    const value = host.environment[name];
    if (value === undefined || value === "") continue;
    environment[name] = value;
    if (/\/\/([^@/]*@)?(localhost|127\.)/i.test(value)) {
      notes.push(`${name} names the host's loopback, which a sandbox cannot reach.`);
    }
  }
  for (const name of certificateVariables) {
    const source = host.environment[name];
    if (source === undefined || (await host.files.status(source))?.kind !== "file") continue;
    // A target of its own: the source may lie where nothing can be mounted, such as below /usr.
    const target = `/etc/sandkube/${name.toLowerCase().replaceAll("_", "-")}.crt`;
    environment[name] = target;
    mounts.push({ source, target });
  }
  return { environment, mounts, notes };
}
