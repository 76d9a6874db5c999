import { createServer, type Server } from "node:net";
import type { Listener, ListenerContext } from "./listener.ts";
import { relayTcp } from "./relay-tcp.ts";
import { sourceFilter } from "./source-ranges.ts";
import type { WantedListener } from "./wanted-state.ts";

/** Connections that wait to be accepted; the kernel may allow fewer. */
const backlog = 4096;

/** Listens for TCP connections and relays each. */
export class TcpListener implements Listener {
  #wanted: WantedListener;
  #mayConnect: (address: string) => boolean;
  readonly #server: Server;

  constructor(wanted: WantedListener, { balancer }: ListenerContext) {
    this.#wanted = wanted;
    this.#mayConnect = sourceFilter(wanted.sourceRanges);
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
      const address = (): string => client.remoteAddress ?? "";
      if (this.#wanted.sourceRanges === undefined || this.#mayConnect(address())) {
        relayTcp(client, (refused) => balancer.choose(address, this.#wanted.targets, refused));
      } else {
        client.resetAndDestroy();
      }
    });
  }

  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ host: this.#wanted.address, port: this.#wanted.port, backlog, exclusive: true }, () => {
        this.#server.off("error", reject);
        // Running out of descriptors, say: the next connection may fare better.
        this.#server.on("error", () => undefined);
        resolve();
      });
    });
  }

  update(wanted: WantedListener): void {
    if (String(wanted.sourceRanges) !== String(this.#wanted.sourceRanges)) {
      this.#mayConnect = sourceFilter(wanted.sourceRanges);
    }
    this.#wanted = wanted;
  }

  close(): void {
    this.#server.close();
  }
}
