import type { ClusterSpec } from "../contract/cluster-spec.ts";
import type { ComponentHealth } from "../contract/component.ts";
import type { Host } from "../contract/host.ts";
import { stateLayout } from "../contract/state-layout.ts";
import { ApiClient } from "../kube/api-client.ts";

/** The administrator's connection to the API server, opened once and shared by probes. */
export class ApiAccess implements Disposable {
  readonly #host: Host;
  #client: Promise<ApiClient> | undefined;

  constructor(host: Host) {
    this.#host = host;
  }

  /** The client; reads the kubeconfig at first use. */
  client(spec: ClusterSpec): Promise<ApiClient> {
    this.#client ??= this.#host.files
      .readText(stateLayout(spec.stateDirectory).kubeconfig)
      .then((text) => ApiClient.fromKubeconfig(text));
    return this.#client;
  }

  /** Asks a health path such as /readyz. */
  async probe(spec: ClusterSpec, path: string, signal: AbortSignal): Promise<ComponentHealth> {
    try {
      const client = await this.client(spec);
      await client.text(path, { signal, timeout: 5000 });
      return { ok: true };
    } catch (error) {
      signal.throwIfAborted();
      return { ok: false, because: `${path}: ${failedChecks(describe(error))}` };
    }
  }

  [Symbol.dispose](): void {
    void this.#client?.then((client) => {
      client[Symbol.dispose]();
    });
  }
}

/** /readyz answers with a line for each check; only those that failed matter. */
function failedChecks(answer: string): string {
  const failed = [...answer.matchAll(/^\[-\](\S+) failed/gm)].map(([, name]) => name);
  return failed.length === 0 ? answer : `not yet: ${failed.join(", ")}`;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // An aggregate of connection attempts has no message of its own.
  return error.message === "" ? ((error as NodeJS.ErrnoException).code ?? error.name) : error.message;
}
