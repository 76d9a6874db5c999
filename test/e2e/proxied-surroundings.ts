import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureSystemPackages } from "../../src/artifacts/system-packages.ts";
import { localHost } from "../../src/host/local-host.ts";
import { waitUntil } from "../../src/host/wait-until.ts";
import { CertificateAuthority } from "../../src/pki/certificate-authority.ts";
import { testSession } from "./machine.ts";
import { freePort, listen } from "./loopback.ts";
import { makeOutsideRegistries, type OutsideRegistries } from "./outside-registries.ts";

/** The name of a server that only the proxy knows and reaches. */
export const outside = "outside.test";

/** A proxy on this machine, and servers behind it. */
export interface ProxiedSurroundings extends AsyncDisposable {
  /** The proxy's address, with user and password. */
  readonly proxy: string;
  readonly password: string;
  /** What the servers answer to every request. */
  readonly word: string;
  readonly http: string;
  readonly https: string;
  /** The certificate of the authority that the https server's is of. */
  readonly authority: string;
  /** Registries there. */
  readonly registries: OutsideRegistries;
  /** What the proxy wrote of its requests. */
  readonly log: () => Promise<string>;
}

/**
 * Makes what a sandbox sees whose only way out is a proxy: tinyproxy, which wants a password and leads to one name only,
 * and beyond it a server for http:, one for https: by a private authority, and registries. They listen on this machine's
 * loopback, and their name is in the proxy's hosts(5) file only, so that nobody reaches them but by the proxy.
 *
 * @param address where the proxy listens
 */
export async function makeProxiedSurroundings(address: string): Promise<ProxiedSurroundings> {
  await ensureSystemPackages(["tinyproxy-bin"], testSession());
  const directory = await mkdtemp(join(tmpdir(), "sandkube-e2e-proxy-"));
  const word = `word-${randomBytes(6).toString("hex")}`;
  const password = `secret${randomBytes(6).toString("hex")}`;
  const answer: RequestListener = (_, response) => {
    response.setHeader("content-type", "text/plain");
    response.end(`${word}\n`);
  };
  const authority = await CertificateAuthority.create("outside", Date.now());
  const own = await authority.issue({ commonName: outside, usage: "server", subjectAltNames: [outside] }, Date.now());
  const servers: readonly [Server, Server] = [
    createHttpServer(answer),
    createHttpsServer({ key: own.privateKey, cert: own.certificate }, answer),
  ];
  const [http, https] = await Promise.all(servers.map((server) => listen(server, "127.0.0.1")));
  const registries = await makeOutsideRegistries(directory, outside, own);
  const port = await freePort(address);
  const log = join(directory, "log");
  const configuration = join(directory, "tinyproxy.conf");
  await writeFile(join(directory, "hosts"), `127.0.0.1 localhost ${outside}\n`);
  await writeFile(join(directory, "allowed"), `^${outside.replaceAll(".", "\\.")}$\n`);
  await writeFile(
    configuration,
    [
      ...[`Listen ${address}`, `Port ${String(port)}`, "Allow 10.199.0.0/16", `BasicAuth user ${password}`],
      ...[`Filter "${join(directory, "allowed")}"`, "FilterDefaultDeny Yes"],
      ...["Timeout 60", "MaxClients 50", `LogFile "${log}"`, "LogLevel Connect", ""],
    ].join("\n"),
    { mode: 0o600 },
  );
  const script = `mount --bind ${directory}/hosts /etc/hosts && exec tinyproxy -d -c ${configuration}`;
  const proxy = spawn("unshare", ["--mount", "sh", "-c", script], { stdio: "ignore" });
  await waitUntil(
    async () =>
      (await localHost().sockets.canConnect(address, port, 1000))
        ? { ok: true as const }
        : { ok: false as const, because: `tinyproxy does not listen; exit code ${String(proxy.exitCode)}` },
    { clock: localHost().clock, what: "the proxy", timeout: 30_000 },
  );
  return {
    proxy: `http://user:${password}@${address}:${String(port)}`,
    password,
    word,
    http: `http://${outside}:${String(http)}`,
    https: `https://${outside}:${String(https)}`,
    authority: authority.pem.certificate,
    registries,
    log: () => readFile(log, "utf8"),
    [Symbol.asyncDispose]: async () => {
      if (proxy.exitCode === null && proxy.signalCode === null && proxy.kill()) await once(proxy, "exit");
      await registries[Symbol.asyncDispose]();
      for (const server of servers) server.close();
      await rm(directory, { recursive: true });
    },
  };
}
