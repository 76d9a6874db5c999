import { once } from "node:events";
import { createServer } from "node:net";
import { relayTcp } from "./service-relay/relay-tcp.ts";

/** A port of this machine, and the one of another that it leads to. */
export interface Forwarding {
  readonly address: string;
  readonly port: number;
  readonly target: { readonly address: string; readonly port: number };
}

/**
 * Carries connections until the signal.
 *
 * @throws Node's error where a port cannot be opened; then none stays open
 */
export async function servePublishedPorts(forwardings: readonly Forwarding[], signal: AbortSignal): Promise<void> {
  const servers = forwardings.map(({ address, port, target }) => ({
    options: { host: address, port, exclusive: true },
    server: createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
      relayTcp(client, (refused) => (refused.size === 0 ? target : undefined));
    }),
  }));
  const ended = signal.aborted ? Promise.resolve() : once(signal, "abort");
  try {
    await Promise.all(
      servers.map(async ({ server, options }) => {
        server.listen(options);
        await once(server, "listening");
        // Running out of descriptors, say: the next connection may fare better.
        server.on("error", () => undefined);
      }),
    );
    await ended;
  } finally {
    for (const { server } of servers) server.close();
  }
}
