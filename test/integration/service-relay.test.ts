import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, Socket, type AddressInfo, type Server } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { localHost } from "../../src/host/local-host.ts";
import { waitUntil } from "../../src/host/wait-until.ts";
import { ListenerSet } from "../../src/network/service-relay/listener-set.ts";
import type { Target } from "../../src/network/service-relay/targets.ts";
import type { Protocol, WantedListener } from "../../src/network/service-relay/wanted-state.ts";

// Services have addresses of 127.0.0.0/8 here: every one of them is this machine's own, as a node's are on lo.
const serviceAddress = "127.77.0.1";
const { clock } = localHost();
const cleanUps: (() => void)[] = [];
let set = make();

function make(): ListenerSet {
  return new ListenerSet(() => clock.monotonic());
}

afterEach(() => {
  set.close();
  set = make();
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

function listener(
  targets: readonly Target[],
  port: number,
  change: Partial<WantedListener> & { readonly protocol?: Protocol } = {},
): WantedListener {
  const protocol = change.protocol ?? "TCP";
  return {
    key: `${protocol}/${serviceAddress}:${String(port)}`,
    protocol,
    address: serviceAddress,
    port,
    servicePort: `default/web:80/${protocol}`,
    service: { metadata: { name: "web", namespace: "default", uid: "uid" } },
    targets,
    affinitySeconds: undefined,
    sourceRanges: undefined,
    ...change,
  };
}

function serve(...wanted: readonly WantedListener[]): ReturnType<ListenerSet["become"]> {
  return set.become(new Map(wanted.map((one) => [one.key, one])));
}

/** A server of the test's own, which is gone after it. */
async function endpoint(onConnection: (socket: Socket) => void): Promise<{ server: Server; target: Target }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => undefined);
    cleanUps.push(() => socket.destroy());
    onConnection(socket);
  });
  server.listen(0, "127.0.0.1");
  cleanUps.push(() => server.close());
  await once(server, "listening");
  return { server, target: { address: "127.0.0.1", port: (server.address() as AddressInfo).port } };
}

/** A server that says its name and ends. */
function named(name: string): ReturnType<typeof endpoint> {
  return endpoint((socket) => socket.end(name));
}

function client(port: number): Socket {
  const socket = connect({ host: serviceAddress, port, allowHalfOpen: true });
  cleanUps.push(() => socket.destroy());
  return socket;
}

/** All that a server says until it ends; rejects with what the connection ends with. */
async function ask(port: number): Promise<string> {
  let answer = "";
  for await (const chunk of client(port)) answer += String(chunk);
  return answer;
}

async function answers(port: number, times: number): Promise<string[]> {
  const found: string[] = [];
  for (let index = 0; index < times; index++) found.push(await ask(port));
  return found;
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolved) => {
    resolve = resolved;
  });
  return { promise, resolve };
}

describe("TCP", () => {
  it("goes to every target in turn", async () => {
    const [a, b, c] = await Promise.all([named("a"), named("b"), named("c")]);
    await serve(listener([a.target, b.target, c.target], 8001));
    const found = await answers(8001, 9);
    expect(["a", "b", "c"].map((name) => found.filter((answer) => answer === name).length)).toEqual([3, 3, 3]);
  });

  it("is refused where nobody listens, and again when the last target is gone", async () => {
    await expect(ask(8002)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    const { target } = await named("a");
    await serve(listener([target], 8002));
    expect(await ask(8002)).toBe("a");
    await serve();
    await expect(ask(8002)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("passes over a target that refuses, and resets where all refuse", async () => {
    const [a, gone] = await Promise.all([named("a"), named("gone")]);
    gone.server.close();
    await serve(listener([gone.target, a.target], 8003));
    expect(await answers(8003, 4)).toEqual(["a", "a", "a", "a"]);
    await serve(listener([gone.target], 8003));
    await expect(ask(8003)).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  it("carries what is sent after either side has ended its own half", async () => {
    const { target } = await endpoint((socket) => {
      let heard = "";
      socket.on("data", (chunk: Buffer) => (heard += chunk.toString()));
      socket.on("end", () => socket.end(`heard ${heard}`));
    });
    await serve(listener([target], 8004));
    const socket = client(8004);
    socket.end("all of it");
    let answer = "";
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toBe("heard all of it");

    const late = deferred<string>();
    const { target: first } = await endpoint((from) => {
      from.end("done");
      let heard = "";
      from.on("data", (chunk: Buffer) => (heard += chunk.toString()));
      from.on("end", () => {
        late.resolve(heard);
      });
    });
    await serve(listener([first], 8004));
    const upload = client(8004);
    upload.resume();
    await once(upload, "end");
    upload.end("x".repeat(1_000_000));
    expect((await late.promise).length).toBe(1_000_000);
  });

  it("carries a reset of either side to the other", async () => {
    const { target } = await endpoint((socket) => {
      socket.once("data", () => socket.resetAndDestroy());
    });
    await serve(listener([target], 8005));
    const socket = client(8005);
    socket.write("go");
    await expect(once(socket, "data")).rejects.toMatchObject({ code: "ECONNRESET" });

    const ended = deferred<string | undefined>();
    const { target: other } = await endpoint((from) => {
      from.on("error", (error: NodeJS.ErrnoException) => {
        ended.resolve(error.code);
      });
      from.write("hello");
    });
    await serve(listener([other], 8005));
    const rude = client(8005);
    await once(rude, "data");
    rude.resetAndDestroy();
    expect(await ended.promise).toBe("ECONNRESET");
  });

  it("has both ends asked after once it is a minute old, and not before", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    cleanUps.push(() => vi.useRealTimers());
    const asked = vi.spyOn(Socket.prototype, "setKeepAlive");
    cleanUps.push(() => {
      asked.mockRestore();
    });
    const { target } = await endpoint((socket) => socket.write("open"));
    await serve(listener([target], 8012));
    const socket = client(8012);
    await once(socket, "data");
    vi.advanceTimersByTime(59_000);
    expect(asked).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1000);
    expect(asked.mock.calls).toEqual([
      [true, 60_000],
      [true, 60_000],
    ]);
  });

  it.each([
    ["one short answer", ["a"], 0],
    ["a second one", ["a", "b"], 1],
    ["one of several packets", ["a".repeat(4000)], 1],
  ])("sends the rest at once from the second write or a long one on: %s", async (_, chunks, times) => {
    const { target } = await endpoint((socket) => {
      socket.once("data", () => socket.write(chunks[0] ?? ""));
      socket.on("data", (question: Buffer) => {
        if (question.toString() === "more") socket.write(chunks[1] ?? "");
      });
    });
    await serve(listener([target], 8013));
    const socket = client(8013);
    const told = vi.spyOn(Socket.prototype, "setNoDelay");
    cleanUps.push(() => {
      told.mockRestore();
    });
    let heard = "";
    socket.on("data", (chunk: Buffer) => {
      heard += chunk.toString();
      // The question itself goes the other way, where it is a second write, too.
      if (heard === "a" && chunks.length > 1) socket.write("more");
    });
    socket.write("q");
    await expect.poll(() => heard).toBe(chunks.join(""));
    // To the client, and, where it asked twice, to the endpoint.
    expect(told).toHaveBeenCalledTimes(chunks.length > 1 ? 2 * times : times);
  });

  it("stops a sender whose reader is slow, and loses nothing", async () => {
    const total = 96 * 1024 * 1024;
    let sent = 0;
    const chunk = Buffer.alloc(64 * 1024, 7);
    const { target } = await endpoint((socket) => {
      const fill = (): void => {
        while (sent < total) {
          sent += chunk.length;
          if (!socket.write(chunk)) return;
        }
        socket.end();
      };
      socket.on("drain", fill);
      fill();
    });
    await serve(listener([target], 8006));
    const socket = client(8006);
    await once(socket, "connect");
    // Nobody reads: what is sent stops growing.
    const { stuck } = await waitUntil(
      async () => {
        const before = sent;
        await clock.sleep(200);
        return sent > 0 && sent === before
          ? { ok: true as const, stuck: sent }
          : { ok: false as const, because: `${String(sent)} bytes were sent` };
      },
      { clock, what: "the sender to wait", timeout: 20_000, interval: 1 },
    );
    expect(stuck).toBeLessThan(48 * 1024 * 1024);
    let received = 0;
    for await (const part of socket) received += (part as Buffer).length;
    expect(received).toBe(total);
  });

  it("goes on with what is connected while targets change, and even when the service is gone", async () => {
    const { target } = await endpoint((socket) => {
      socket.on("data", (chunk: Buffer) => socket.write(chunk));
    });
    const other = await named("other");
    await serve(listener([target], 8007));
    const socket = client(8007);
    const echo = async (text: string): Promise<string> => {
      socket.write(text);
      const [answer] = (await once(socket, "data")) as [Buffer];
      return answer.toString();
    };
    expect(await echo("one")).toBe("one");
    await serve(listener([other.target], 8007));
    expect(await echo("two")).toBe("two");
    expect(await ask(8007)).toBe("other");
    await serve();
    expect(await echo("three")).toBe("three");
  });

  it("keeps a client with its target where the service wants that", async () => {
    const [a, b] = await Promise.all([named("a"), named("b")]);
    await serve(listener([a.target, b.target], 8008, { affinitySeconds: 60 }));
    expect(new Set(await answers(8008, 6)).size).toBe(1);
  });

  it("lets in only the networks that may", async () => {
    const { target } = await named("a");
    await serve(listener([target], 8009, { sourceRanges: ["10.0.0.0/8"] }));
    await expect(ask(8009)).rejects.toMatchObject({ code: "ECONNRESET" });
    await serve(listener([target], 8009, { sourceRanges: ["10.0.0.0/8", " 127.0.0.0/8"] }));
    expect(await ask(8009)).toBe("a");
  });

  it("says which port it cannot have, serves the others, and has it once it is free", async () => {
    const { target } = await named("a");
    const holder = createServer();
    holder.listen(8010, serviceAddress);
    await once(holder, "listening");
    const wanted = [listener([target], 8010), listener([target], 8011)];
    expect((await serve(...wanted)).map(({ wanted: { key }, code }) => [key, code])).toEqual([
      [`TCP/${serviceAddress}:8010`, "EADDRINUSE"],
    ]);
    expect(await ask(8011)).toBe("a");
    holder.close();
    await once(holder, "close");
    expect(await serve(...wanted)).toEqual([]);
    expect(await ask(8010)).toBe("a");
  });

  it("carries hundreds of connections at once", async () => {
    const { target } = await endpoint((socket) => {
      socket.on("data", (chunk: Buffer) => socket.write(chunk));
      socket.on("end", () => socket.end());
    });
    await serve(listener([target], 8012));
    const echoes = Array.from({ length: 300 }, async (_, index) => {
      const socket = client(8012);
      const text = `${String(index)} `.repeat(1000);
      socket.end(text);
      let answer = "";
      for await (const chunk of socket) answer += String(chunk);
      return answer === text;
    });
    expect((await Promise.all(echoes)).every(Boolean)).toBe(true);
  });
});

describe("UDP", () => {
  /** A server that answers each datagram with its name and the datagram. */
  async function echo(name: string): Promise<{ readonly target: Target; readonly close: () => void }> {
    const socket = createSocket("udp4");
    socket.on("message", (data, { address, port }) => {
      socket.send(`${name}:${data.toString()}`, port, address);
    });
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    let isOpen = true;
    const close = (): void => {
      if (isOpen) socket.close();
      isOpen = false;
    };
    cleanUps.push(close);
    return { target: { address: "127.0.0.1", port: socket.address().port }, close };
  }

  /** A client with a port of its own; asks again where a datagram is lost. */
  function udpClient(port: number): (text: string) => Promise<string> {
    const socket = createSocket("udp4");
    cleanUps.push(() => socket.close());
    return async (text) => {
      const answer = once(socket, "message") as Promise<[Buffer]>;
      const again = setInterval(() => {
        socket.send(text, port, serviceAddress);
      }, 500);
      socket.send(text, port, serviceAddress);
      try {
        return (await answer)[0].toString();
      } finally {
        clearInterval(again);
      }
    };
  }

  const udp = { protocol: "UDP" } as const;

  it("keeps a client with one target, and clients with targets in turn", async () => {
    const [a, b] = await Promise.all([echo("a"), echo("b")]);
    await serve(listener([a.target, b.target], 8020, udp));
    const [first, second] = [udpClient(8020), udpClient(8020)];
    const name = (await first("1")).split(":")[0] ?? "";
    expect([await first("2"), await first("")]).toEqual([`${name}:2`, `${name}:`]);
    expect((await second("1")).split(":")[0]).not.toBe(name);
  });

  it("takes another target when the client's own is gone, said or unsaid", async () => {
    const [a, b] = await Promise.all([echo("a"), echo("b")]);
    await serve(listener([a.target], 8021, udp));
    const say = udpClient(8021);
    expect(await say("1")).toBe("a:1");
    await serve(listener([b.target], 8021, udp));
    expect(await say("2")).toBe("b:2");
    await serve(listener([a.target, b.target], 8021, udp));
    b.close(); // "port unreachable" ends the flow
    expect(await say("3")).toBe("a:3");
  });

  it("carries datagrams of any size, at once", async () => {
    const { target } = await echo("a");
    await serve(listener([target], 8022, udp));
    const large = "x".repeat(60_000);
    expect(await udpClient(8022)(large)).toBe(`a:${large}`);
    const clients = Array.from({ length: 100 }, (_, index) => udpClient(8022)(String(index)));
    expect(await Promise.all(clients)).toEqual(Array.from({ length: 100 }, (_, index) => `a:${String(index)}`));
  });

  it("tells a client at once that nobody listens", async () => {
    const socket = createSocket("udp4");
    cleanUps.push(() => socket.close());
    socket.connect(8023, serviceAddress);
    await once(socket, "connect");
    socket.send("anybody?");
    const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNREFUSED");
  });
});
