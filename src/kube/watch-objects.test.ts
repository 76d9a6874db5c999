import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { shortClock, type ShortClock } from "../../test/fixtures/short-clock.ts";
import { systemClock } from "../host/system-clock.ts";
import { waitUntil } from "../host/wait-until.ts";
import { CertificateAuthority } from "../pki/certificate-authority.ts";
import { ApiClient } from "./api-client.ts";
import { watchObjects } from "./watch-objects.ts";

interface Thing {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
}

let server: Server;
let client: ApiClient;
let abort: AbortController;
let clock: ShortClock;
/** The requests that came, and the answers that are still open. */
let requests: URL[] = [];
let watches: ServerResponse[] = [];
let answerList: (response: ServerResponse) => void;
let answerWatch: (response: ServerResponse) => void;
/** What the handlers were told. */
let told: string[] = [];
let watching: Promise<void>;

beforeAll(async () => {
  const now = Date.now();
  const authority = await CertificateAuthority.create("test-ca", now);
  const own = await authority.issue({ commonName: "server", usage: "server", subjectAltNames: ["127.0.0.1"] }, now);
  const user = await authority.issue({ commonName: "user", usage: "client" }, now);
  server = createServer({ key: own.privateKey, cert: own.certificate }, (request, response) => {
    const url = new URL(request.url ?? "", "https://server");
    requests.push(url);
    if (url.searchParams.has("watch")) {
      watches.push(response);
      answerWatch(response);
    } else answerList(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  client = new ApiClient({
    server: `https://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    authority: authority.pem.certificate,
    ...user,
  });
});

afterAll(() => {
  client[Symbol.dispose]();
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  requests = [];
  watches = [];
  told = [];
  abort = new AbortController();
  clock = shortClock((milliseconds) => milliseconds >= 100);
  answerList = (response) => response.end(list("5", "a"));
  answerWatch = (response) => {
    response.writeHead(200).flushHeaders();
  };
});

afterEach(async () => {
  abort.abort();
  await watching;
});

function thing(name: string, resourceVersion: string): Thing {
  return { metadata: { name, resourceVersion } };
}

function list(resourceVersion: string, ...names: string[]): string {
  return JSON.stringify({ metadata: { resourceVersion }, items: names.map((name) => thing(name, "1")) });
}

function event(type: string, object: object): string {
  return `${JSON.stringify({ type, object })}\n`;
}

function start(): void {
  watching = watchObjects<Thing>(
    client,
    "/things",
    {
      replaced: (items) => told.push(`all ${items.map(({ metadata }) => metadata.name).join()}`),
      changed: ({ metadata }) => told.push(`changed ${metadata.name}`),
      removed: ({ metadata }) => told.push(`removed ${metadata.name}`),
      trouble: (because) => told.push(`trouble ${because}`),
    },
    { clock, signal: abort.signal },
  );
}

async function until(what: string, holds: () => boolean): Promise<void> {
  await waitUntil(() => Promise.resolve(holds() ? { ok: true } : { ok: false, because: JSON.stringify(told) }), {
    clock: systemClock,
    what,
    timeout: 20_000,
    interval: 5,
  });
}

const lists = (): number => requests.filter(({ searchParams }) => !searchParams.has("watch")).length;
const versions = (): (string | null)[] =>
  requests.flatMap(({ searchParams }) => (searchParams.has("watch") ? [searchParams.get("resourceVersion")] : []));

describe("watchObjects", () => {
  it("tells what there is and then what changes, from whatever pieces the answer comes in", async () => {
    start();
    await until("the watch", () => watches.length === 1);
    const text =
      event("ADDED", thing("é", "6")) + event("MODIFIED", thing("a", "7")) + event("DELETED", thing("a", "8"));
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 7) watches[0]?.write(bytes.subarray(at, at + 7));
    await until("three changes", () => told.length === 4);
    expect(told).toEqual(["all a", "changed é", "changed a", "removed a"]);
    expect(versions()).toEqual(["5"]);
  });

  it("goes on where a watch ended, without a new list; a bookmark moves on too", async () => {
    start();
    await until("the watch", () => watches.length === 1);
    watches[0]?.end(event("ADDED", thing("b", "6")) + event("BOOKMARK", thing("", "90")));
    await until("the second watch", () => watches.length === 2);
    watches[1]?.destroy();
    await until("the third watch", () => watches.length === 3);
    expect(versions()).toEqual(["5", "90", "90"]);
    expect(lists()).toBe(1);
    expect(told.slice(0, 2)).toEqual(["all a", "changed b"]);
  });

  it.each([
    ["in the watch", (response: ServerResponse) => response.end(event("ERROR", { code: 410, message: "too old" }))],
    ["in place of the watch", (response: ServerResponse) => response.writeHead(410).end('{"message":"too old"}')],
  ])("lists again where the server has forgotten, said %s", async (_title, forget) => {
    answerWatch = (response) => {
      if (watches.length === 1) {
        answerList = (next) => next.end(list("100", "c"));
        forget(response);
      } else response.writeHead(200).flushHeaders();
    };
    start();
    await until("the second watch", () => watches.length === 2);
    expect(told).toEqual(["all a", "all c"]);
    expect(versions()).toEqual(["5", "100"]);
  });

  it("says what is wrong and tries again with growing pauses; what was told stays", async () => {
    let failures = 4;
    answerWatch = (response) => {
      if (failures-- > 0) response.writeHead(503).end('{"message":"away"}');
      else response.writeHead(200).flushHeaders();
    };
    start();
    await until("the watch that stays", () => watches.length === 5);
    expect(told).toEqual(["all a", "trouble away", "trouble away", "trouble away", "trouble away"]);
    expect(clock.slept).toEqual([100, 200, 400, 800]);
    expect(lists()).toBe(1);
  });

  it("waits for a server that refuses at the start", async () => {
    let failures = 2;
    answerList = (response) => {
      if (failures-- > 0) response.writeHead(403).end('{"message":"forbidden"}');
      else response.end(list("5"));
    };
    start();
    await until("the watch", () => watches.length === 1);
    expect(told).toEqual(["trouble forbidden", "trouble forbidden", "all "]);
  });
});
