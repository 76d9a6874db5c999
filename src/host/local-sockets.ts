import { lookup, Resolver } from "node:dns/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { NameAnswer, NameQuestion, Sockets } from "../contract/host.ts";

/** What Node calls the answers of a name server that hold no record (https://nodejs.org/api/dns.html#error-codes). */
const emptyAnswers: ReadonlySet<string> = new Set([
  "ENODATA",
  "ENOTFOUND",
  "EFORMERR",
  "ESERVFAIL",
  "ENOTIMP",
  "EREFUSED",
]);

/** The sockets of this machine. */
export class LocalSockets implements Sockets {
  async canListen(
    address: string,
    port: number,
  ): Promise<{ readonly ok: true } | { readonly ok: false; readonly code: string }> {
    try {
      const server = await listen({ host: address, port, exclusive: true });
      await close(server);
      return { ok: true };
    } catch (error) {
      return { ok: false, code: (error as NodeJS.ErrnoException).code ?? "unknown" };
    }
  }

  canConnect(address: string, port: number, timeout: number): Promise<boolean> {
    return connects(connect({ host: address, port }), timeout);
  }

  canConnectUnix(path: string, timeout: number): Promise<boolean> {
    return connects(connect({ path }), timeout);
  }

  async askNameServer(server: string, { name, type }: NameQuestion, timeout: number): Promise<NameAnswer> {
    try {
      const resolver = new Resolver({ timeout, tries: 1 });
      resolver.setServers([server]);
      const records = await (type === "A" ? resolver.resolve4(name) : resolver.resolveNs(name));
      return { answered: true, code: "NOERROR", records };
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? "unknown";
      return emptyAnswers.has(code) ? { answered: true, code, records: [] } : { answered: false, because: code };
    }
  }

  async addressesOf(name: string): Promise<readonly string[]> {
    try {
      return (await lookup(name, { all: true, family: 4 })).map(({ address }) => address);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOTFOUND" || code === "EAI_AGAIN") return [];
      throw error;
    }
  }

  async lock(name: string): Promise<AsyncDisposable | undefined> {
    try {
      // A leading NUL makes the name abstract: no file is left behind (unix(7)).
      const server = await listen({ path: `\0sandkube/${name}` });
      server.unref();
      return { [Symbol.asyncDispose]: () => close(server) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return undefined;
      throw error;
    }
  }
}

function listen(options: Parameters<Server["listen"]>[0]): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", reject);
    server.listen(options, () => {
      resolve(server);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}

function connects(socket: Socket, timeout: number): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeout);
    socket.once("connect", () => {
      end(true);
    });
    socket.once("timeout", () => {
      end(false);
    });
    socket.once("error", () => {
      end(false);
    });
  });
}
