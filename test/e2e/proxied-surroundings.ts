import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureSystemPackages } from "../../src/artifacts/system-packages.ts";
import { localHost } from "../../src/host/local-host.ts";
import { waitUntil } from "../../src/host/wait-until.ts";
import { CertificateAuthority } from "../../src/pki/certificate-authority.ts";
import { testSession } from "./machine.ts";
import { fillRegistry, findDockerRegistry, startRegistry, stopRegistry } from "./outside-registries.ts";

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
  /** Registries there, by their port. */
  readonly registries: {
    /** By TLS of the same authority. */
    readonly open: number;
    /** Without TLS. */
    readonly plain: number;
    /** Wants a user, by TLS of another authority. */
    readonly closed: number;
  };
  /** The words that the images of the registries print, by repository; each has the tag 1. */
  readonly words: Readonly<Record<"k8s/word" | "quay/word" | "direct/word" | "plain/word", string>>;
  /** The certificate of the other authority. */
  readonly otherAuthority: string;
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
  const registries = {
    open: await freePort("127.0.0.1"),
    plain: await freePort("127.0.0.1"),
    closed: await freePort("127.0.0.1"),
  };
  const words = {
    "k8s/word": `k8s-${word}`,
    "quay/word": `quay-${word}`,
    "direct/word": `direct-${word}`,
    "plain/word": `plain-${word}`,
  };
  const otherAuthority = await CertificateAuthority.create("other", Date.now());
  const theirs = { commonName: outside, usage: "server" as const, subjectAltNames: [outside] };
  const program = await findDockerRegistry(directory);
  const started = [
    await startRegistry(program, directory, registries.open, { certificate: own }),
    await startRegistry(program, directory, registries.plain),
    await startRegistry(program, directory, registries.closed, {
      certificate: await otherAuthority.issue(theirs, Date.now()),
      isClosed: true,
    }),
  ];
  await fillRegistry(registries.plain, directory, words);
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
    words,
    otherAuthority: otherAuthority.pem.certificate,
    log: () => readFile(log, "utf8"),
    [Symbol.asyncDispose]: async () => {
      if (proxy.exitCode === null && proxy.signalCode === null && proxy.kill()) await once(proxy, "exit");
      await Promise.all(started.map(stopRegistry));
      for (const server of servers) server.close();
      await rm(directory, { recursive: true });
    },
  };
}

async function listen(server: Server, address: string): Promise<number> {
  server.listen(0, address);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function freePort(address: string): Promise<number> {
  const server = createServer();
  const port = await listen(server, address);
  server.close();
  await once(server, "close");
  return port;
}
