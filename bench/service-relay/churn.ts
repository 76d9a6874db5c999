import { once } from "node:events";
import { readdirSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { ListenerSet } from "../../src/network/service-relay/listener-set.ts";
import type { EndpointSlice, Service } from "../../src/network/service-relay/service-objects.ts";
import { wantedState } from "../../src/network/service-relay/wanted-state.ts";
import { serverAddress } from "./network.ts";

/** Endpoints are ports of the server's namespace; what a client hears names the one that spoke. */
const endpoints = [9100, 9101, 9102, 9103];
const servicePort = 80;
/** How long a connection may be on its way to an endpoint that was taken out meanwhile (milliseconds). */
const underWay = 100;

/** What clients saw. */
export interface ChurnFigures {
  readonly requests: number;
  readonly kept: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly wrong: number;
}

/**
 * The endpoints. Lines on stdin: `out N` (it is no longer one: new connections
 * from now on are wrong), `stop N`, `start N`, `end`. Each is answered; `end`
 * with the number of wrong connections.
 */
export async function runEndpoints(): Promise<void> {
  const servers = new Map<number, { server: Server; sockets: Set<Socket> }>();
  const out = new Map<number, number>();
  let wrong = 0;
  const start = async (port: number): Promise<void> => {
    const sockets = new Set<Socket>();
    const server = createServer({ noDelay: true }, (socket) => {
      const since = out.get(port);
      if (since !== undefined && performance.now() - since > underWay) wrong++;
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => sockets.delete(socket));
      socket.on("data", () => {
        if (!socket.writableEnded) socket.write(`${String(port)}\n`);
      });
    }).listen({ host: serverAddress, port, backlog: 4096 });
    await once(server, "listening");
    out.delete(port);
    servers.set(port, { server, sockets });
  };
  for (const port of endpoints) await start(port);
  process.stdout.write("ready\n");
  for await (const line of createInterface({ input: process.stdin })) {
    const [word = "", number = ""] = line.split(" ");
    const port = Number(number);
    if (word === "out") out.set(port, performance.now());
    if (word === "stop") {
      const stopped = servers.get(port);
      stopped?.server.close();
      // A last word, so that a client can tell the end of a pod from a connection that broke.
      for (const socket of stopped?.sockets ?? []) socket.end("bye\n");
    }
    if (word === "start") await start(port);
    process.stdout.write(word === "end" ? `${String(wrong)}\n` : "done\n");
  }
}

/** The relay with one Service. Lines on stdin: the ports that are ready now, or `use`; the answer tells memory and descriptors. */
export async function runChurnRelay(address: string): Promise<void> {
  const listeners = new ListenerSet(() => performance.now());
  const service: Service = {
    metadata: { name: "churn", namespace: "default", uid: "1" },
    spec: { type: "ClusterIP", clusterIP: address, ports: [{ port: servicePort }] },
  };
  const become = async (ports: readonly number[]): Promise<void> => {
    const slices = ports.map((port, index): EndpointSlice => {
      const metadata = { ...service.metadata, name: `churn-${String(index)}` };
      return {
        metadata: { ...metadata, labels: { "kubernetes.io/service-name": "churn" } },
        addressType: "IPv4",
        endpoints: [{ addresses: [serverAddress] }],
        ports: [{ port }],
      };
    });
    const node = { nodeName: "", nodePortAddresses: [], skip: [], loadBalancers: new Map<string, string>() };
    await listeners.become(wantedState([service], slices, node).listeners);
  };
  await become(endpoints);
  process.stdout.write("ready\n");
  for await (const line of createInterface({ input: process.stdin })) {
    if (line !== "use") await become(line.split(" ").map(Number));
    const descriptors = readdirSync("/proc/self/fd").length;
    process.stdout.write(`${JSON.stringify({ bytes: process.memoryUsage.rss(), descriptors })}\n`);
  }
}

/** Load for some seconds: 4 workers with a connection a request, and 4 connections that are kept. */
export async function runChurnClient(address: string, seconds: number): Promise<void> {
  const end = performance.now() + seconds * 1000;
  const failures: Record<string, number> = {};
  const seen = { requests: 0, kept: 0, wrong: 0 };
  const fail = (error: unknown): void => {
    const why = (error as NodeJS.ErrnoException).code ?? String(error);
    failures[why] = (failures[why] ?? 0) + 1;
  };
  const judge = (answer: string): void => {
    if (!endpoints.includes(Number(answer))) seen.wrong++;
  };
  const fresh = async (): Promise<void> => {
    while (performance.now() < end) {
      const socket = open(address);
      await ask(socket).then(judge, fail);
      socket.destroy();
      seen.requests++;
      await pause(10);
    }
  };
  const keeping = async (): Promise<void> => {
    while (performance.now() < end) {
      const socket = open(address);
      try {
        for (let answer = await ask(socket); !answer.endsWith("bye") && performance.now() < end;) {
          judge(answer);
          seen.kept++;
          await pause(20);
          answer = await ask(socket);
        }
      } catch (error) {
        fail(error);
      }
      socket.destroy();
    }
  };
  await Promise.all(Array.from({ length: 4 }, () => [fresh(), keeping()]).flat());
  const figures: ChurnFigures = { ...seen, failures };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}

function open(address: string): Socket {
  // An error between two questions shows at the next one.
  return connect({ host: address, port: servicePort, noDelay: true }).on("error", () => undefined);
}

/** One request and its answer; rejects where the connection ends without one, or after 5 s. */
function ask(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    const listeners = { data, error, end, timeout };
    function settle(done: () => void): void {
      for (const [name, listener] of Object.entries(listeners)) socket.off(name, listener);
      socket.pause(); // what comes between two questions is for the next one to hear
      done();
    }
    function data(chunk: Buffer): void {
      settle(() => {
        resolve(chunk.toString().trim());
      });
    }
    function error(because: Error): void {
      settle(() => {
        reject(because);
      });
    }
    function end(): void {
      error(new Error("ended without an answer"));
    }
    function timeout(): void {
      error(new Error("no answer within 5 s"));
    }
    for (const [name, listener] of Object.entries(listeners)) socket.on(name, listener);
    if (socket.destroyed) {
      error(new Error("broke between two questions"));
      return;
    }
    socket.setTimeout(5000);
    socket.resume();
    socket.write("q");
  });
}

/** The rounds of one run: every second an endpoint is taken out, ends, comes back, and is one again. */
export async function churn(
  seconds: number,
  tell: (to: "endpoints" | "relay", line: string) => Promise<string>,
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  for (let round = 0; performance.now() < end; round++) {
    const start = performance.now();
    const port = endpoints[round % endpoints.length] ?? 0;
    await tell("relay", endpoints.filter((other) => other !== port).join(" "));
    await tell("endpoints", `out ${String(port)}`);
    await pause(300);
    await tell("endpoints", `stop ${String(port)}`);
    await pause(200);
    await tell("endpoints", `start ${String(port)}`);
    await tell("relay", endpoints.join(" "));
    await pause(1000 - (performance.now() - start));
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, milliseconds)));
}
