import { once } from "node:events";
import { createServer } from "node:https";
import { TLSSocket, type PeerCertificate } from "node:tls";
import type { ClusterSpec } from "../../contract/cluster-spec.ts";
import type { Host } from "../../contract/host.ts";
import type { ApiClient } from "../../kube/api-client.ts";
import { resourceMetricsText, runningContainers, type MeasuredPod, type Usage } from "./resource-metrics.ts";

/** Who is served what, and where. */
export interface ResourceMetricsOptions {
  readonly client: Pick<ApiClient, "json">;
  readonly host: Pick<Host, "files" | "clock">;
  readonly spec: Pick<ClusterSpec, "nodeName" | "network" | "cgroupRoot" | "kubelet">;
  readonly port: number;
  /** The directories at which the two controllers are mounted. */
  readonly mounts: { readonly cpuacct: string; readonly memory: string };
  /** PEM: the certificate and key of the kubelet, in whose place this stands, and the authority that clients are signed by. */
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string };
  /** The only client that is answered, by the name in its certificate. */
  readonly clientName: string;
  /** Is told why there was no answer. */
  readonly log: (text: string) => void;
}

/** How long one answer may take (milliseconds): metrics-server waits for 10 s. */
const answerTimeout = 8000;

/**
 * Serves, until the signal, what the kubelet serves at /metrics/resource where it can: figures of the node and of each
 * running container, read when they are asked for.
 *
 * @throws Node's error where the port cannot be opened
 */
export async function serveResourceMetrics(options: ResourceMetricsOptions, signal: AbortSignal): Promise<void> {
  const { spec, port, tls, clientName, log } = options;
  const server = createServer({ ...tls, requestCert: true, rejectUnauthorized: true, minVersion: "TLSv1.2" });
  server.on("request", (request, response) => {
    const end = (status: number, text: string): void => {
      response.writeHead(status, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(text);
    };
    const { socket } = request;
    // An empty object where there is none (https://nodejs.org/api/tls.html#tlssocketgetpeercertificatedetailed).
    const peer: Partial<PeerCertificate> = socket instanceof TLSSocket ? socket.getPeerCertificate() : {};
    const name = peer.subject?.CN;
    if (name !== clientName) {
      end(403, `${String(name)} is not ${clientName}\n`);
    } else if (request.method !== "GET" || request.url !== "/metrics/resource") {
      end(404, "there is /metrics/resource\n");
    } else {
      measure(options, AbortSignal.any([signal, AbortSignal.timeout(answerTimeout)])).then(
        (text) => {
          end(200, text);
        },
        (error: unknown) => {
          const because = error instanceof Error ? error.message : String(error);
          if (!signal.aborted) log(because);
          end(503, `${because}\n`);
        },
      );
    }
  });
  server.listen({ host: spec.network.nodeAddress, port, exclusive: true });
  try {
    await once(server, "listening", { signal });
    // Running out of descriptors, say: the next connection may fare better.
    server.on("error", () => undefined);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else {
        signal.addEventListener(
          "abort",
          () => {
            resolve();
          },
          { once: true },
        );
      }
    });
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

async function measure(options: ResourceMetricsOptions, signal: AbortSignal): Promise<string> {
  const { client, spec } = options;
  const path = `/api/v1/pods?fieldSelector=${encodeURIComponent(`spec.nodeName=${spec.nodeName}`)}`;
  const { items } = await client.json<{ readonly items: readonly MeasuredPod[] }>(path, { signal });
  const containers = await Promise.all(
    runningContainers(items, spec).map(async (container) => {
      const usage = await usageOf(container.cgroup, options);
      // It has ended since.
      return usage === undefined ? [] : [{ ...container, usage }];
    }),
  );
  return resourceMetricsText(await usageOf("", options), containers.flat());
}

/** What a cgroup has used; undefined where there is none. */
async function usageOf(cgroup: string, { host, mounts }: ResourceMetricsOptions): Promise<Usage | undefined> {
  const [cpuNanoseconds, memoryBytes] = await Promise.all([
    numberIn(`${mounts.cpuacct}${cgroup}/cpuacct.usage`, host),
    numberIn(`${mounts.memory}${cgroup}/memory.usage_in_bytes`, host),
  ]);
  if (cpuNanoseconds === undefined || memoryBytes === undefined) return undefined;
  return { cpuNanoseconds, memoryBytes, readAt: host.clock.now() };
}

async function numberIn(path: string, { files }: ResourceMetricsOptions["host"]): Promise<bigint | undefined> {
  const text = await files.readTextIfPresent(path).catch((error: unknown) => {
    // The cgroup was removed between open(2) and read(2).
    if ((error as NodeJS.ErrnoException).code === "ENODEV") return undefined;
    throw error;
  });
  return text !== undefined && /^\d+\s*$/.test(text) ? BigInt(text.trim()) : undefined;
}
