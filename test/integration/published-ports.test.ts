import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeSandbox, deleteSandbox, listSandboxes, type PublishedPort } from "../../src/cluster/sandboxes.ts";
import type { Session } from "../../src/cluster/session.ts";
import { silent } from "../../src/contract/progress.ts";
import { localHost } from "../../src/host/local-host.ts";
import { startInSandbox } from "../../src/sandbox/exec-in-sandbox.ts";
import { locateSandbox } from "../../src/sandbox/sandbox-location.ts";
import { testRunsc } from "./sandbox-runsc.ts";
import { noTraces, tracesOf } from "./sandbox-traces.ts";

const host = localHost();
const session: Session = { host, progress: silent, signal: new AbortController().signal };
const runsc = await testRunsc("20260701");
const name = "it-published";
const sandboxPort = 30_080;

const make = (published: readonly PublishedPort[]): ReturnType<typeof makeSandbox> =>
  makeSandbox({ name, gvisor: "20260701", profile: "agent", overlay: "none", published }, session);

/** A port that nobody has at the moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function ask(port: number): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port });
  let said = "";
  socket.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await once(socket, "close");
  return said;
}

describe.skipIf(!runsc.ok)("a published port", () => {
  let hostPort = 0;

  beforeAll(async () => {
    hostPort = await freePort();
    await make([{ address: "127.0.0.1", hostPort, sandboxPort }]);
  });

  afterAll(() => deleteSandbox(name, {}, session));

  it("leads from this machine's loopback into the sandbox", async () => {
    const server = `require("net").createServer((s) => s.end("from the sandbox")).listen(${String(sandboxPort)}, "0.0.0.0")`;
    await startInSandbox(name, ["node", "-e", server], {}, session);
    // Nobody listens in there at first: the connection is reset and the next one may fare better.
    await expect.poll(() => ask(hostPort).catch(String), { timeout: 20_000 }).toBe("from the sandbox");
  });

  it("is not open at the machine's other addresses", async () => {
    const [sandbox] = (await listSandboxes({}, session)).filter((one) => one.name === name);
    expect(sandbox?.published).toEqual([{ address: "127.0.0.1", hostPort, sandboxPort }]);
    expect(await host.sockets.canConnect(sandbox?.hostAddress ?? "", hostPort, 1000)).toBe(false);
  });

  it("goes with the sandbox", async () => {
    await deleteSandbox(name, {}, session);
    expect(await tracesOf(host, locateSandbox(name))).toEqual(noTraces);
    expect(await host.sockets.canListen("127.0.0.1", hostPort)).toEqual({ ok: true });
  });

  it("that somebody has is refused before anything is made", async () => {
    const holder = createServer().listen(hostPort, "127.0.0.1");
    await once(holder, "listening");
    const made = make([{ address: "127.0.0.1", hostPort, sandboxPort }]);
    await expect(made).rejects.toMatchObject({
      exit: "conflict",
      message: `127.0.0.1:${String(hostPort)}: EADDRINUSE`,
    });
    holder.close();
    expect(await tracesOf(host, locateSandbox(name))).toEqual(noTraces);
  });
});
