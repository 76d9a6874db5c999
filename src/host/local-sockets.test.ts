import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createSocket } from "node:dgram";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ModuleKind, ScriptTarget, transpileModule } from "typescript";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { findPortHolder } from "./port-holder.ts";
import { LocalSockets } from "./local-sockets.ts";
import { systemClock } from "./system-clock.ts";
import { waitUntil } from "./wait-until.ts";

const sockets = new LocalSockets();
const servers: Server[] = [];
let directory = "";

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "sandkube-sockets-"));
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function listenOn(target: string | { readonly host: string }): Promise<number> {
  const server = createServer((socket) => socket.destroy());
  servers.push(server);
  if (typeof target === "string") server.listen(target);
  else server.listen(0, target.host);
  await once(server, "listening");
  return typeof target === "string" ? 0 : (server.address() as AddressInfo).port;
}

describe("addressesOf", () => {
  it("are those of the machine's own names, too", async () => {
    expect(await sockets.addressesOf("localhost")).toContain("127.0.0.1");
  });

  it("are none of what is no name", async () => {
    expect(await sockets.addressesOf("no..name")).toEqual([]);
  });
});

describe("canListen", () => {
  it("says EADDRINUSE for a taken port, on the same address and on all", async () => {
    const port = await listenOn({ host: "127.0.0.1" });
    expect(await sockets.canListen("127.0.0.1", port)).toEqual({ ok: false, code: "EADDRINUSE" });
    expect(await sockets.canListen("0.0.0.0", port)).toEqual({ ok: false, code: "EADDRINUSE" });
  });

  it("gives the port back", async () => {
    const port = await listenOn({ host: "127.0.0.1" });
    await new Promise((resolve) => servers.pop()?.close(resolve));
    expect(await sockets.canListen("127.0.0.1", port)).toEqual({ ok: true });
    expect(await sockets.canListen("127.0.0.1", port)).toEqual({ ok: true });
  });

  it("says why an address that is not ours does not do", async () => {
    expect(await sockets.canListen("192.0.2.1", 0)).toEqual({ ok: false, code: "EADDRNOTAVAIL" });
  });
});

describe("canConnect", () => {
  it("tells a listener from none", async () => {
    const port = await listenOn({ host: "127.0.0.1" });
    expect(await sockets.canConnect("127.0.0.1", port, 5000)).toBe(true);
    await new Promise((resolve) => servers.pop()?.close(resolve));
    expect(await sockets.canConnect("127.0.0.1", port, 5000)).toBe(false);
  });

  it("tells a unix listener from a file and from nothing", async () => {
    await listenOn(join(directory, "socket"));
    await writeFile(join(directory, "file"), "");
    expect(await sockets.canConnectUnix(join(directory, "socket"), 5000)).toBe(true);
    expect(await sockets.canConnectUnix(join(directory, "file"), 5000)).toBe(false);
    expect(await sockets.canConnectUnix(join(directory, "absent"), 5000)).toBe(false);
  });
});

describe("lock", () => {
  const name = `test/${String(process.pid)}`;

  it("is held by one, and given back", async () => {
    const lock = await sockets.lock(name);
    expect(lock).toBeDefined();
    expect(await sockets.lock(name)).toBeUndefined();
    await using other = await sockets.lock(`${name}/other`);
    expect(other).toBeDefined();
    await lock?.[Symbol.asyncDispose]();
    await using again = await sockets.lock(name);
    expect(again).toBeDefined();
  });

  it("is taken by one of many who ask at once", async () => {
    const locks = await Promise.all(Array.from({ length: 10 }, () => sockets.lock(name)));
    const held = locks.filter((lock) => lock !== undefined);
    expect(held).toHaveLength(1);
    await held[0]?.[Symbol.asyncDispose]();
  });

  it("of another process keeps us out, and is free when that process is KILLed", async () => {
    // The very module, without its types: a child of Node 20 cannot read TypeScript.
    const source = await readFile(new URL("local-sockets.ts", import.meta.url), "utf8");
    const { outputText } = transpileModule(source, {
      compilerOptions: { module: ModuleKind.ESNext, target: ScriptTarget.ES2022 },
    });
    await writeFile(join(directory, "local-sockets.mjs"), outputText);
    await writeFile(
      join(directory, "holder.mjs"),
      `import { LocalSockets } from "./local-sockets.mjs";
       const lock = await new LocalSockets().lock(${JSON.stringify(name)});
       process.stdout.write(lock === undefined ? "refused" : "held");
       process.stdin.resume();`,
    );
    const holder = spawn(process.execPath, [join(directory, "holder.mjs")], { stdio: ["pipe", "pipe", "inherit"] });
    try {
      const [said] = (await once(holder.stdout, "data")) as [Buffer];
      expect(said.toString()).toBe("held");
      expect(await sockets.lock(name)).toBeUndefined();
      holder.kill("SIGKILL");
      await once(holder, "exit");
      const free = await waitUntil(
        async () => {
          const lock = await sockets.lock(name);
          return lock === undefined ? { ok: false as const, because: "still held" } : { ok: true as const, lock };
        },
        { clock: systemClock, what: "the lock of a dead process", timeout: 10_000, interval: 10 },
      );
      await free.lock[Symbol.asyncDispose]();
    } finally {
      holder.kill("SIGKILL");
    }
  });

  it("does not keep a process from ending", async () => {
    const holder = spawn(
      process.execPath,
      [
        "--input-type=module",
        "-e",
        `import { LocalSockets } from ${JSON.stringify(join(directory, "local-sockets.mjs"))};
         await new LocalSockets().lock(${JSON.stringify(`${name}/unref`)});`,
      ],
      { stdio: "inherit" },
    );
    const [code] = (await once(holder, "exit")) as [number | null];
    expect(code).toBe(0);
  });
});

describe("findPortHolder", () => {
  it("names this process, which listens", async () => {
    const port = await listenOn({ host: "127.0.0.1" });
    const comm = (await readFile("/proc/self/comm", "utf8")).trim();
    expect(await findPortHolder(port)).toBe(`${comm} (pid ${String(process.pid)})`);
  });

  it("names a listener on IPv6", async () => {
    const port = await listenOn({ host: "::1" }).catch(() => undefined);
    if (port === undefined) {
      process.stderr.write("Skipped: a listener on IPv6, because this machine has no ::1.\n");
      return;
    }
    expect(await findPortHolder(port)).toContain(`(pid ${String(process.pid)})`);
  });

  it("names another process by its program", async () => {
    const child = spawn(process.execPath, [
      "-e",
      `const s = require("node:net").createServer().listen(0, "127.0.0.1", () => console.log(s.address().port));`,
    ]);
    try {
      const [said] = (await once(child.stdout, "data")) as [Buffer];
      expect(await findPortHolder(Number(said.toString()))).toMatch(
        new RegExp(`^\\S.* \\(pid ${String(child.pid)}\\)$`),
      );
    } finally {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  });

  it("says nothing of a port that nobody listens on", async () => {
    const port = await listenOn({ host: "127.0.0.1" });
    await new Promise((resolve) => servers.pop()?.close(resolve));
    expect(await findPortHolder(port)).toBeUndefined();
  });
});

describe("askNameServer", () => {
  /** A name server that gives every question the same code and, where that is 0, the address 192.0.2.1. */
  async function nameServer(code: number | "silent"): Promise<{ readonly address: string } & AsyncDisposable> {
    const socket = createSocket("udp4");
    socket.on("message", (query, { port, address }) => {
      if (code === "silent") return;
      const end = query.indexOf(0, 12) + 5; // the question alone, without what follows it
      const answer = Buffer.from("c00c000100010000003c0004c0000201", "hex");
      const response = Buffer.concat([query.subarray(0, end), ...(code === 0 ? [answer] : [])]);
      response.writeUInt16BE(0x8180 | code, 2);
      response.writeUInt16BE(code === 0 ? 1 : 0, 6);
      response.writeUInt32BE(0, 8);
      socket.send(response, port, address);
    });
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    return {
      address: `127.0.0.1:${String(socket.address().port)}`,
      [Symbol.asyncDispose]: () =>
        new Promise((resolve) =>
          socket.close(() => {
            resolve();
          }),
        ),
    };
  }

  it("returns the records", async () => {
    await using server = await nameServer(0);
    expect(await sockets.askNameServer(server.address, { name: "a.test", type: "A" }, 2000)).toEqual({
      answered: true,
      code: "NOERROR",
      records: ["192.0.2.1"],
    });
  });

  it.each([
    [2, "ESERVFAIL"],
    [3, "ENOTFOUND"],
    [5, "EREFUSED"],
  ])("takes the code %i for an answer", async (code, name) => {
    await using server = await nameServer(code);
    expect(await sockets.askNameServer(server.address, { name: "a.test", type: "A" }, 2000)).toEqual({
      answered: true,
      code: name,
      records: [],
    });
  });

  it("says that nothing came, in time", async () => {
    await using server = await nameServer("silent");
    const start = performance.now();
    expect(await sockets.askNameServer(server.address, { name: "a.test", type: "A" }, 300)).toEqual({
      answered: false,
      because: "ETIMEOUT",
    });
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  it("says that nobody is there, and that an address is none", async () => {
    const { address } = await (async () => {
      await using server = await nameServer(0);
      return server;
    })();
    expect(await sockets.askNameServer(address, { name: "a.test", type: "A" }, 2000)).toEqual({
      answered: false,
      because: "ECONNREFUSED",
    });
    expect(await sockets.askNameServer("nonsense", { name: "a.test", type: "A" }, 2000)).toMatchObject({
      answered: false,
    });
  });
});
