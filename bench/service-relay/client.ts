import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { port } from "./network.ts";

/** What one way to the server gives. */
export interface PathFigures {
  readonly oneStream: number;
  readonly manyStreams: number;
  readonly p50: number;
  readonly p99: number;
  readonly connections: number;
}

const window = 2000;
const requests = 3000;

/** Measures the way to one address: bytes and connections a second, milliseconds. */
export async function runClient(address: string): Promise<void> {
  const open = async (): Promise<Socket> => {
    const socket = connect({ host: address, port, noDelay: true });
    await once(socket, "connect");
    return socket;
  };
  const figures: PathFigures = {
    oneStream: await throughput(open, 1),
    manyStreams: await throughput(open, 32),
    ...(await latency(open)),
    connections: await connections(open),
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}

async function throughput(open: () => Promise<Socket>, streams: number): Promise<number> {
  let bytes = 0;
  const sockets = await Promise.all(Array.from({ length: streams }, open));
  for (const socket of sockets) {
    socket.on("data", (chunk: Buffer) => (bytes += chunk.length));
    socket.write("s");
  }
  await elapse(500); // the windows open
  bytes = 0;
  const start = performance.now();
  await elapse(window);
  const rate = (bytes * 1000) / (performance.now() - start);
  for (const socket of sockets) socket.destroy();
  return rate;
}

async function latency(open: () => Promise<Socket>): Promise<{ p50: number; p99: number }> {
  const socket = await open();
  const message = Buffer.alloc(64, 0x65);
  const times: number[] = [];
  for (let index = 0; index < requests; index++) {
    const start = performance.now();
    socket.write(message);
    await once(socket, "data");
    if (index >= requests / 10) times.push(performance.now() - start);
  }
  socket.destroy();
  times.sort((a, b) => a - b);
  const at = (part: number): number => times[Math.floor(times.length * part)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

async function connections(open: () => Promise<Socket>): Promise<number> {
  let made = 0;
  const start = performance.now();
  const worker = async (): Promise<void> => {
    while (performance.now() - start < window) {
      const socket = await open();
      socket.write("e");
      await once(socket, "data");
      socket.destroy();
      made++;
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  return (made * 1000) / (performance.now() - start);
}

/** Opens connections that answered once and keeps them until it is ended. */
export async function holdConnections(address: string, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const socket = connect({ host: address, port });
    socket.write("e");
    await once(socket, "data");
  }
  process.stdout.write("ready\n");
}

function elapse(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
