import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { holdConnections, runClient, type PathFigures } from "./client.ts";
import { makeNetwork, serverAddress } from "./network.ts";
import { runRelay } from "./relay.ts";
import { runServer } from "./server.ts";

/** What the program prints: every round, and what the relay itself needs. */
export interface RelayFigures {
  readonly direct: readonly PathFigures[];
  readonly relayed: readonly PathFigures[];
  readonly programmedMs: number;
  readonly changeMs: number;
  readonly idleBytes: number;
  readonly busyBytes: number;
}

const serviceAddress = "10.96.1.1";
const held = 2000;

/** Runs on the machine that is measured: makes its network, its server and its relay, and measures both ways in turn. */
async function measure(rounds: number): Promise<void> {
  using _network = makeNetwork();
  const [file = ""] = process.argv.slice(1);
  const children: ChildProcess[] = [];
  const start = (role: string[], namespace?: string): { lines: Interface; child: ChildProcess } => {
    const node = [process.execPath, "--max-semi-space-size=1", file, ...role];
    const [program = "", ...words] = namespace === undefined ? node : ["ip", "netns", "exec", namespace, ...node];
    const child = spawn(program, words, { stdio: ["pipe", "pipe", "inherit"] });
    children.push(child);
    return { child, lines: createInterface({ input: child.stdout }) };
  };
  const line = async (lines: Interface): Promise<string> => {
    const [text] = (await once(lines, "line")) as [string];
    return text;
  };
  try {
    await line(start(["server"], "bench-server").lines);
    const relay = start(["relay"]);
    const programmed = JSON.parse((await line(relay.lines)).replace("ready ", "")) as {
      programmedMs: number;
      changeMs: number;
    };
    const memory = async (): Promise<number> => {
      relay.child.stdin?.write("\n");
      return Number(await line(relay.lines));
    };
    const idleBytes = await memory();
    const direct: PathFigures[] = [];
    const relayed: PathFigures[] = [];
    for (let round = 0; round < rounds; round++) {
      for (const [address, into] of [
        [serverAddress, direct],
        [serviceAddress, relayed],
      ] as const) {
        into.push(JSON.parse(await line(start(["client", address], "bench-client").lines)) as PathFigures);
        process.stderr.write(`round ${String(round + 1)}: ${JSON.stringify(into.at(-1))}\n`);
      }
    }
    await line(start(["hold", serviceAddress, String(held)], "bench-client").lines);
    const figures: RelayFigures = { direct, relayed, ...programmed, idleBytes, busyBytes: await memory() };
    process.stdout.write(`${JSON.stringify(figures)}\n`);
  } finally {
    for (const child of children) child.kill("SIGKILL");
    const alive = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    await Promise.all(alive.map((child) => once(child, "exit")));
  }
}

const [role = "", first = "", second = ""] = process.argv.slice(2);
if (role === "server") runServer();
else if (role === "relay") await runRelay();
else if (role === "client") await runClient(first);
else if (role === "hold") await holdConnections(first, Number(second));
else await measure(Number(role));
