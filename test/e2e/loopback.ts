import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";

/** Has a server listen on a port that is free, and tells which. */
export async function listen(server: Server, address: string): Promise<number> {
  server.listen(0, address);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** A port that a program may listen on which has to be told one. */
export async function freePort(address: string): Promise<number> {
  const server = createServer();
  const port = await listen(server, address);
  server.close();
  await once(server, "close");
  return port;
}
