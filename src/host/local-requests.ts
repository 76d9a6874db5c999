import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { HttpAnswer, HttpOptions, Requests } from "../contract/host.ts";

/** Requests of this machine. Node's own agents know no proxy before its version 24. */
export class LocalRequests implements Requests {
  async get(address: string, options: HttpOptions): Promise<HttpAnswer> {
    const url = new URL(address);
    const proxy = options.proxy === undefined ? undefined : new URL(options.proxy);
    const late = AbortSignal.timeout(options.timeout);
    const signal = AbortSignal.any([options.signal, late]);
    let at: "proxy" | "target" = proxy === undefined ? "target" : "proxy";
    try {
      if (proxy === undefined) return answered(await send({ ...whereOf(url), ...pathOf(url) }, url, options, signal));
      if (url.protocol === "http:") {
        const path = { path: url.href, headers: { host: url.host, ...forProxy(proxy) } };
        return answered(await send({ ...whereOf(proxy), ...path }, proxy, options, signal));
      }
      const tunnel = await openTunnel(url, proxy, options, signal);
      if (typeof tunnel === "number") return { kind: "refused", status: tunnel };
      at = "target";
      const secure = { socket: tunnel, ca: [...options.authorities], ...serverName(url) };
      const createConnection = (): Socket => connectTls(secure);
      // Node takes no createConnection beside an agent.
      const through = { ...pathOf(url), createConnection, agent: undefined };
      return answered(await send({ ...whereOf(url), ...through }, url, options, signal));
    } catch (error) {
      options.signal.throwIfAborted();
      const { code = "", message } = error as NodeJS.ErrnoException;
      return { kind: "failed", at, code: late.aborted ? "ETIMEDOUT" : code, because: message };
    }
  }
}

function send(where: RequestOptions, to: URL, options: HttpOptions, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { ...options.headers, ...(where.headers as Record<string, string> | undefined) };
    const all = { agent: false, ...where, ...serverName(to), ca: [...options.authorities], headers, signal };
    const request = (to.protocol === "https:" ? httpsRequest : httpRequest)(all);
    request.on("response", (response) => {
      // The head is the answer; a body that goes on, or breaks off, is nobody's business.
      response.on("error", () => undefined);
      response.destroy();
      resolve(response);
    });
    request.on("error", reject);
    request.end();
  });
}

/** A connection to the target by a proxy's CONNECT; the status where it makes none. */
function openTunnel(url: URL, proxy: URL, options: HttpOptions, signal: AbortSignal): Promise<Socket | number> {
  return new Promise((resolve, reject) => {
    const host = `${url.hostname}:${url.port === "" ? "443" : url.port}`;
    const request = (proxy.protocol === "https:" ? httpsRequest : httpRequest)({
      ...whereOf(proxy),
      ...serverName(proxy),
      ca: [...options.authorities],
      method: "CONNECT",
      path: host,
      headers: { host, ...forProxy(proxy) },
      signal,
      agent: false,
    });
    request.on("connect", ({ statusCode = 0 }, socket: Socket) => {
      if (statusCode === 200) {
        resolve(socket);
        return;
      }
      socket.destroy();
      resolve(statusCode);
    });
    request.on("response", (response) => {
      response.destroy();
      resolve(response.statusCode ?? 0);
    });
    request.on("error", reject);
    request.end();
  });
}

function answered({ statusCode = 0, headers }: IncomingMessage): HttpAnswer {
  const plain = Object.entries(headers).map(([name, value]) => [name, [value].flat().join(", ")] as const);
  return { kind: "answered", status: statusCode, headers: Object.fromEntries(plain) };
}

function whereOf(url: URL): RequestOptions {
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port),
  };
}

function pathOf(url: URL): RequestOptions {
  return { path: `${url.pathname}${url.search}` };
}

/** An address is no server name (RFC 6066, 3). */
function serverName({ hostname }: URL): { readonly servername?: string } {
  return isIP(hostname.replace(/^\[|\]$/g, "")) === 0 ? { servername: hostname } : {};
}

function forProxy({ username, password }: URL): Record<string, string> {
  if (username === "" && password === "") return {};
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { "proxy-authorization": `Basic ${Buffer.from(user).toString("base64")}` };
}
