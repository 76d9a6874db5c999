import { createServer } from "node:net";
import { port, serverAddress } from "./network.ts";

/** The endpoint: a client's first byte says what it wants. */
export function runServer(): void {
  const chunk = Buffer.alloc(256 * 1024, 1);
  createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => undefined);
    socket.once("data", (first: Buffer) => {
      if (first[0] === 0x73) {
        // s: a stream without end
        const fill = (): void => {
          while (!socket.destroyed && socket.write(chunk));
        };
        socket.on("drain", fill);
        fill();
      } else {
        // anything else: an echo
        socket.write(first);
        socket.on("data", (data: Buffer) => socket.write(data));
      }
    });
  }).listen({ host: serverAddress, port, backlog: 4096 }, () => {
    process.stdout.write("ready\n");
  });
}
