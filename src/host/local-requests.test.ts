import { once } from "node:events";
import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { HttpAnswer } from "../contract/host.ts";
import { CertificateAuthority } from "../pki/certificate-authority.ts";
import { LocalRequests } from "./local-requests.ts";

const requests = new LocalRequests();
const servers: Server[] = [];
let authority: CertificateAuthority;

beforeAll(async () => {
  authority = await CertificateAuthority.create("test", Date.now());
});

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const answering = (status: number): HttpServer =>
  createHttpServer((request, response) => {
    response.writeHead(status, { "x-asked": request.url ?? "", "x-host": request.headers.host ?? "" }).end("body");
  });

async function secure(name: string): Promise<number> {
  const own = await authority.issue({ commonName: name, usage: "server", subjectAltNames: [name] }, Date.now());
  return listen(
    createHttpsServer({ key: own.privateKey, cert: own.certificate }, (request, response) => {
      response.writeHead(200, { "x-asked": request.url ?? "" }).end();
    }),
  );
}

/** A proxy that leads every CONNECT to one port, or answers with a status. */
async function proxy(to: number | { readonly status: number }): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = [];
  const server = createHttpServer((request, response) => {
    asked.push(`${request.url ?? ""} ${request.headers["proxy-authorization"] ?? ""}`);
    response.writeHead(200, { "x-proxy": "yes" }).end();
  });
  server.on("connect", (request, socket: Socket) => {
    asked.push(`CONNECT ${request.url ?? ""} ${request.headers["proxy-authorization"] ?? ""}`);
    if (typeof to !== "number") {
      socket.end(`HTTP/1.1 ${String(to.status)} No\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const target = connect(to, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(target).pipe(socket);
    });
    target.on("error", () => socket.destroy());
    socket.on("error", () => target.destroy());
  });
  return { port: await listen(server), asked };
}

function get(url: string, how: { proxy?: string; trusted?: boolean; timeout?: number } = {}): Promise<HttpAnswer> {
  return requests.get(url, {
    ...(how.proxy === undefined ? {} : { proxy: how.proxy }),
    authorities: how.trusted === false ? [] : [authority.pem.certificate],
    timeout: how.timeout ?? 10_000,
    signal: new AbortController().signal,
  });
}

describe("a request", () => {
  it("has an answer of any status, and follows no redirect", async () => {
    for (const status of [200, 307, 401, 503]) {
      const port = await listen(answering(status));
      const answer = await get(`http://127.0.0.1:${String(port)}/v2/?a=b`);
      expect(answer).toMatchObject({ kind: "answered", status, headers: { "x-asked": "/v2/?a=b" } });
    }
  });

  it("trusts whom it is told to, and nobody else", async () => {
    const port = await secure("localhost");
    expect(await get(`https://localhost:${String(port)}/v2/`)).toMatchObject({ kind: "answered", status: 200 });
    expect(await get(`https://localhost:${String(port)}/v2/`, { trusted: false })).toMatchObject({
      kind: "failed",
      at: "target",
      code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    });
    const other = await secure("other.test");
    expect(await get(`https://localhost:${String(other)}/`)).toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
  });

  it("says why there is no answer", async () => {
    const port = await listen(answering(200));
    await new Promise((resolve) => servers.pop()?.close(resolve));
    expect(await get(`http://127.0.0.1:${String(port)}/`)).toMatchObject({ at: "target", code: "ECONNREFUSED" });
    const silent = await listen(createServer());
    expect(await get(`http://127.0.0.1:${String(silent)}/`, { timeout: 200 })).toMatchObject({ code: "ETIMEDOUT" });
    const plain = await listen(answering(200));
    const { kind, code } = { code: "", ...(await get(`https://127.0.0.1:${String(plain)}/`)) };
    expect([kind, ["EPROTO", "ERR_SSL_WRONG_VERSION_NUMBER"].includes(code)]).toEqual(["failed", true]);
  });

  it("is given up when the signal says so", async () => {
    const silent = await listen(createServer());
    const signal = AbortSignal.timeout(100);
    const asking = requests.get(`http://127.0.0.1:${String(silent)}/`, { authorities: [], timeout: 10_000, signal });
    await expect(asking).rejects.toThrow("aborted due to timeout");
  });
});

describe("a request by a proxy", () => {
  it("for http: asks it for the whole address, as its user", async () => {
    const { port, asked } = await proxy(0);
    const answer = await get("http://outside.test/v2/", { proxy: `http://me:p%40ss@127.0.0.1:${String(port)}` });
    expect(answer).toMatchObject({ kind: "answered", status: 200, headers: { "x-proxy": "yes" } });
    expect(asked).toEqual([`http://outside.test/v2/ Basic ${Buffer.from("me:p@ss").toString("base64")}`]);
  });

  it("for https: is a connection through it, with the target's own certificate", async () => {
    const { port, asked } = await proxy(await secure("outside.test"));
    const by = `http://127.0.0.1:${String(port)}`;
    expect(await get("https://outside.test/v2/", { proxy: by })).toMatchObject({ kind: "answered", status: 200 });
    expect(asked).toEqual(["CONNECT outside.test:443 "]);
    const untrusted = await get("https://outside.test/v2/", { proxy: by, trusted: false });
    expect(untrusted).toMatchObject({ at: "target", code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
    expect(await get("https://other.test/", { proxy: by })).toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
  });

  it.each([403, 407, 502])("that makes no connection says so: %s", async (status) => {
    const { port } = await proxy({ status });
    const answer = await get("https://outside.test/", { proxy: `http://127.0.0.1:${String(port)}` });
    expect(answer).toEqual({ kind: "refused", status });
  });

  it("that is not there is the proxy's failure", async () => {
    const port = await listen(answering(200));
    await new Promise((resolve) => servers.pop()?.close(resolve));
    for (const scheme of ["http", "https"]) {
      const answer = await get(`${scheme}://outside.test/`, { proxy: `http://127.0.0.1:${String(port)}` });
      expect(answer).toMatchObject({ kind: "failed", at: "proxy", code: "ECONNREFUSED" });
    }
    const silent = await listen(createServer());
    const late = await get("https://outside.test/", { proxy: `http://127.0.0.1:${String(silent)}`, timeout: 200 });
    expect(late).toMatchObject({ at: "proxy", code: "ETIMEDOUT" });
  });
});
