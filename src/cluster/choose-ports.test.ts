import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { Host } from "../contract/host.ts";
import { localHost } from "../host/local-host.ts";
import { choosePorts } from "./choose-ports.ts";

const real = localHost();
const servers: Server[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

/** A host on which exactly these ports are taken. */
function hostWith(taken: readonly number[], code = "EADDRINUSE"): Host {
  return {
    ...real,
    sockets: Object.assign(Object.create(real.sockets) as Host["sockets"], {
      canListen: (_address: string, port: number) =>
        Promise.resolve(taken.includes(port) ? { ok: false, code } : { ok: true }),
    }),
  };
}

async function listener(): Promise<number> {
  const server = createServer();
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

describe("choosePorts", () => {
  it("takes the usual ones where they are free, and has nothing to note", async () => {
    expect(await choosePorts(undefined, hostWith([]))).toEqual({
      ports: { api: 6443, controllerManager: 10_257, scheduler: 10_259, kubelet: 10_250, kubeletHealth: 10_248 },
      notes: [],
    });
  });

  it("takes the next free one and says so, for each", async () => {
    const { ports, notes } = await choosePorts(undefined, hostWith([6443, 6444, 10_250]));
    expect(ports).toMatchObject({ api: 6445, kubelet: 10_251 });
    expect(notes).toHaveLength(2);
    expect(notes[0]).toMatch(/^Port 6443 is taken.*; the API server uses 6445\.$/);
    expect(notes[1]).toMatch(/^Port 10250 is taken.*; the kubelet uses 10251\.$/);
  });

  it("has ports for add-ons where there are any", async () => {
    const { ports, addonPorts } = await choosePorts(undefined, hostWith([10_270]), true);
    expect(Object.keys(ports)).toHaveLength(5);
    expect(addonPorts).toEqual({ metricsServer: 10_271, resourceMetrics: 10_272 });
  });

  it("never gives one port to two", async () => {
    // The controller manager is pushed to the scheduler's usual port.
    const { ports, notes } = await choosePorts(undefined, hostWith([10_257, 10_258]));
    expect(new Set(Object.values(ports)).size).toBe(5);
    expect(ports).toMatchObject({ controllerManager: 10_259, scheduler: 10_260 });
    // Nobody else has the scheduler's port, so no holder is looked for.
    expect(notes).toHaveLength(1);
    const wanted = await choosePorts(10_250, hostWith([]));
    expect(wanted.notes).toEqual([]);
    expect(wanted.ports).toMatchObject({ api: 10_250, kubelet: 10_251 });
  });

  it("a note names the process that holds the port", async () => {
    // 6443 or its neighbour is held for real, by this process.
    const server = createServer();
    server.listen(6443, "127.0.0.1");
    const held = await Promise.race([
      once(server, "listening").then(() => true),
      once(server, "error").then(() => false),
    ]);
    if (held) servers.push(server); // where somebody else holds it, that one is named
    const { notes } = await choosePorts(undefined, hostWith([6443]));
    expect(notes[0]).toMatch(/^Port 6443 is taken by \S.* \(pid \d+\); the API server uses 6444\.$/);
    if (held) expect(notes[0]).toContain(`(pid ${String(process.pid)})`);
  });

  it("a wanted port that is taken is a conflict that names the holder; no other is chosen", async () => {
    const port = await listener();
    await expect(choosePorts(port, real)).rejects.toMatchObject({
      title: `Port ${String(port)} cannot be used`,
      message: expect.stringMatching(new RegExp(`^\\S.* \\(pid ${String(process.pid)}\\) listens on it\\.$`)) as string,
      exit: "conflict",
    });
  });

  it("a wanted port that may not be used says why", async () => {
    await expect(choosePorts(443, hostWith([443], "EACCES"))).rejects.toMatchObject({
      message: "Listening on it fails with EACCES.",
      exit: "conflict",
    });
  });

  it("gives up after a while, with the ports that it tried", async () => {
    const all = Array.from({ length: 60 }, (_, index) => 6443 + index);
    await expect(choosePorts(undefined, hostWith(all))).rejects.toMatchObject({
      title: "No free port",
      message: "the API server found none from 6443 to 6492.",
      exit: "conflict",
    });
  });
});
