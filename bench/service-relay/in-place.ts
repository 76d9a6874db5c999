import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { churn, runChurnClient, runChurnRelay, runEndpoints, type ChurnFigures } from "./churn.ts";
import { holdConnections, runClient, type PathFigures } from "./client.ts";
import { makeNetwork, serverAddress } from "./network.ts";
import { runRelay } from "./relay.ts";
import { runServer } from "./server.ts";
import { measureThroughApi } from "./through-api.ts";

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

/** What `churn SECONDS` prints. */
export interface ChurnReport extends ChurnFigures {
  /** Connections that reached an endpoint after it was taken out. */
  readonly strays: number;
  /** What the relay needs after a tenth of the time, and at the end. */
  readonly use: readonly { readonly bytes: number; readonly descriptors: number }[];
}

/** Processes of the bench in their namespaces, and their answers line by line. */
class Roles implements AsyncDisposable {
  readonly #file = process.argv[1] ?? "";
  readonly #children: ChildProcess[] = [];

  start(
    role: readonly string[],
    namespace?: string,
  ): { readonly child: ChildProcess; readonly line: () => Promise<string> } {
    const node = [process.execPath, "--max-semi-space-size=1", this.#file, ...role];
    const [program = "", ...words] = namespace === undefined ? node : ["ip", "netns", "exec", namespace, ...node];
    const child = spawn(program, words, { stdio: ["pipe", "pipe", "inherit"] });
    this.#children.push(child);
    const lines = createInterface({ input: child.stdout });
    const over = once(child, "exit").then(([code]) => {
      throw new Error(`${role.join(" ")} ended with ${String(code)}`);
    });
    over.catch(() => undefined); // told to whoever waits for a line
    const line = async (): Promise<string> => ((await Promise.race([once(lines, "line"), over])) as [string])[0];
    return { child, line };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill("SIGKILL");
    const alive = this.#children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    await Promise.all(alive.map((child) => once(child, "exit")));
  }
}

/** Runs on the machine that is measured: makes its network, its server and its relay, and measures both ways in turn. */
async function measure(rounds: number): Promise<void> {
  using _network = makeNetwork();
  await using roles = new Roles();
  await roles.start(["server"], "bench-server").line();
  const relay = roles.start(["relay"]);
  const programmed = JSON.parse((await relay.line()).replace("ready ", "")) as {
    programmedMs: number;
    changeMs: number;
  };
  const memory = async (): Promise<number> => {
    relay.child.stdin?.write("\n");
    return Number(await relay.line());
  };
  const idleBytes = await memory();
  const direct: PathFigures[] = [];
  const relayed: PathFigures[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const [address, into] of [
      [serverAddress, direct],
      [serviceAddress, relayed],
    ] as const) {
      into.push(JSON.parse(await roles.start(["client", address], "bench-client").line()) as PathFigures);
      process.stderr.write(`round ${String(round + 1)}: ${JSON.stringify(into.at(-1))}\n`);
    }
  }
  await roles.start(["hold", serviceAddress, String(held)], "bench-client").line();
  const figures: RelayFigures = { direct, relayed, ...programmed, idleBytes, busyBytes: await memory() };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}

/** Load with endpoints that come and go every second. */
async function measureChurn(seconds: number): Promise<void> {
  using _network = makeNetwork();
  await using roles = new Roles();
  const endpoints = roles.start(["endpoints"], "bench-server");
  const relay = roles.start(["churn-relay", serviceAddress]);
  await Promise.all([endpoints.line(), relay.line()]);
  const tell = async (to: "endpoints" | "relay", line: string): Promise<string> => {
    const { child, line: answer } = to === "relay" ? relay : endpoints;
    child.stdin?.write(`${line}\n`);
    return answer();
  };
  const client = roles.start(["churn-client", serviceAddress, String(seconds)], "bench-client").line();
  const use: ChurnReport["use"][number][] = [];
  for (const part of [0.1, 0.9]) {
    await churn(seconds * part, tell);
    use.push(JSON.parse(await tell("relay", "use")) as ChurnReport["use"][number]);
  }
  const seen = JSON.parse(await client) as ChurnFigures;
  const report: ChurnReport = { ...seen, strays: Number(await tell("endpoints", "end")), use };
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

const [role = "", first = "", second = ""] = process.argv.slice(2);
if (role === "server") runServer();
else if (role === "relay") await runRelay();
else if (role === "client") await runClient(first);
else if (role === "hold") await holdConnections(first, Number(second));
else if (role === "endpoints") await runEndpoints();
else if (role === "churn-relay") await runChurnRelay(first);
else if (role === "churn-client") await runChurnClient(first, Number(second));
else if (role === "churn") await measureChurn(Number(first));
else if (role === "through-api") process.stdout.write(`${JSON.stringify(await measureThroughApi(first))}\n`);
else await measure(Number(role));
