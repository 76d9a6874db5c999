import { createServer, type Server } from "node:http";
import type { WantedHealthCheck } from "./wanted-state.ts";

interface OpenCheck {
  readonly servers: readonly Server[];
  wanted: WantedHealthCheck;
}

/**
 * Serves healthCheckNodePorts: 200 while this node has endpoints of the service,
 * 503 while it has none, with the body that kube-proxy gives
 * (https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/proxy/healthcheck/service_health.go).
 */
export class HealthChecks {
  readonly #open = new Map<string, OpenCheck>();

  /** Makes the servers that there are into those that are wanted; returns those that could not be opened. */
  async become(
    wanted: readonly WantedHealthCheck[],
    addresses: readonly string[],
  ): Promise<readonly WantedHealthCheck[]> {
    const keyed = new Map(wanted.map((check) => [`${String(check.port)} ${addresses.join()}`, check]));
    for (const [key, { servers }] of this.#open) {
      if (keyed.has(key)) continue;
      for (const server of servers) close(server);
      this.#open.delete(key);
    }
    const failed: WantedHealthCheck[] = [];
    for (const [key, check] of keyed) {
      const there = this.#open.get(key);
      if (there !== undefined) {
        there.wanted = check;
        continue;
      }
      const opened = await this.#listen(check, addresses);
      if (opened === undefined) failed.push(check);
      else this.#open.set(key, opened);
    }
    return failed;
  }

  /** Closes all. */
  close(): void {
    for (const { servers } of this.#open.values()) for (const server of servers) close(server);
    this.#open.clear();
  }

  async #listen(check: WantedHealthCheck, addresses: readonly string[]): Promise<OpenCheck | undefined> {
    const open: OpenCheck = {
      wanted: check,
      servers: addresses.map(() =>
        createServer((_request, response) => {
          const { service, localEndpoints } = open.wanted;
          const { namespace, name } = service.metadata;
          response
            .writeHead(localEndpoints > 0 ? 200 : 503, {
              "content-type": "application/json",
              "x-content-type-options": "nosniff",
              "x-load-balancing-endpoint-weight": String(localEndpoints),
            })
            .end(JSON.stringify({ service: { namespace, name }, localEndpoints, serviceProxyHealthy: true }));
        }),
      ),
    };
    try {
      await Promise.all(open.servers.map((server, index) => listen(server, addresses[index] ?? "", check.port)));
      return open;
    } catch {
      for (const server of open.servers) close(server);
      return undefined;
    }
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, exclusive: true }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function close(server: Server): void {
  server.close();
  server.closeAllConnections();
}
