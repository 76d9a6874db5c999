import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer as createHttpsServer } from "node:https";
import { join } from "node:path";
import { localHost } from "../../src/host/local-host.ts";
import { waitUntil } from "../../src/host/wait-until.ts";
import { buildImages, localArchitecture } from "../../src/images/build-image.ts";
import { CertificateAuthority, type KeyPair } from "../../src/pki/certificate-authority.ts";
import { freePort, listen } from "./loopback.ts";
import { tokenService, tokensFor } from "./token-server.ts";

/** The user of the registry that wants one. */
export const registryUser = { username: "me", password: "sandkube-e2e-5f0c2b7d91" };
const htpasswd = "me:$2y$05$abcdefghijklmnopqrstuu/s//TkhqLliydsgBY6Oc8jxGZqHdRdu\n";

/** Registries on this machine's loopback, by their port, and what they have. */
export interface OutsideRegistries extends AsyncDisposable {
  /** By TLS of the authority that is known anyway. */
  readonly open: number;
  /** Without TLS. */
  readonly plain: number;
  /** Wants {@link registryUser}, by TLS of another authority. */
  readonly closed: number;
  /** Sends people to a token server that wants the same user; both by TLS of a third authority. */
  readonly tokens: number;
  /** The words that the images print, by repository; each has the tag 1, and is in all of them. */
  readonly words: Readonly<Record<"k8s/word" | "quay/word" | "direct/word" | "plain/word" | "tokens/word", string>>;
  /** The certificate of the other authority. */
  readonly otherAuthority: string;
  readonly thirdAuthority: string;
}

/** How a registry is to be. */
interface RegistryKind {
  readonly certificate?: KeyPair;
  /** Whether it wants {@link registryUser}. */
  readonly isClosed?: boolean;
  /** The address of the token server that it sends people to, and the certificate of who signs tokens there. */
  readonly tokens?: { readonly realm: string; readonly signer: string };
}

/**
 * Starts four registries over one directory, and fills it.
 *
 * @param name what their certificates are for
 * @param own the certificate of the open one
 */
export async function makeOutsideRegistries(directory: string, name: string, own: KeyPair): Promise<OutsideRegistries> {
  const now = Date.now();
  const [other, third] = [
    await CertificateAuthority.create("other", now),
    await CertificateAuthority.create("third", now),
  ];
  const server = { commonName: name, usage: "server", subjectAltNames: [name] } as const;
  const [others, thirds] = [await other.issue(server, now), await third.issue(server, now)];
  const program = await findDockerRegistry(directory);
  const tokenServer = createHttpsServer(
    { key: thirds.privateKey, cert: thirds.certificate },
    tokensFor(registryUser, thirds),
  );
  const realm = `https://${name}:${String(await listen(tokenServer, "127.0.0.1"))}/token`;
  const started: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    tokenServer.close();
    await Promise.all(started.map(end));
  };
  const start = async (kind: RegistryKind): Promise<number> => {
    const port = await freePort("127.0.0.1");
    await startRegistry(program, directory, port, kind, started);
    return port;
  };
  try {
    const open = await start({ certificate: own });
    const plain = await start({});
    const closed = await start({ certificate: others, isClosed: true });
    const tokens = await start({ certificate: thirds, tokens: { realm, signer: thirds.certificate } });
    const word = randomBytes(6).toString("hex");
    const words = {
      "k8s/word": `k8s-${word}`,
      "quay/word": `quay-${word}`,
      "direct/word": `direct-${word}`,
      "plain/word": `plain-${word}`,
      "tokens/word": `tokens-${word}`,
    };
    await fillRegistry(plain, directory, words);
    const [otherAuthority, thirdAuthority] = [other.pem.certificate, third.pem.certificate];
    return { open, plain, closed, tokens, words, otherAuthority, thirdAuthority, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Takes docker-registry out of Debian's package: the package itself would start one, for everybody, at port 5000. */
async function findDockerRegistry(directory: string): Promise<string> {
  const { commands } = localHost();
  const found = await commands.find("docker-registry");
  if (found !== undefined) return found;
  const script = `apt-get --quiet download docker-registry || (apt-get --quiet update && apt-get --quiet download docker-registry)
dpkg-deb --extract docker-registry_*.deb docker-registry`;
  await commands.run(["sh", "-ec", script], { cwd: directory, timeout: 300_000 });
  return join(directory, "docker-registry/usr/bin/docker-registry");
}

async function startRegistry(
  program: string,
  directory: string,
  port: number,
  { certificate, isClosed = false, tokens }: RegistryKind,
  started: ChildProcess[],
): Promise<void> {
  const own = join(directory, `registry-${String(port)}`);
  await mkdir(own, { mode: 0o700 });
  if (certificate !== undefined) {
    await writeFile(join(own, "tls.crt"), certificate.certificate);
    await writeFile(join(own, "tls.key"), certificate.privateKey, { mode: 0o600 });
  }
  await writeFile(join(own, "htpasswd"), htpasswd);
  await writeFile(join(own, "signer.crt"), tokens?.signer ?? "");
  const configuration = {
    version: "0.1",
    log: { level: "error" },
    storage: { filesystem: { rootdirectory: join(directory, "storage") } },
    http: {
      addr: `127.0.0.1:${String(port)}`,
      ...(certificate === undefined
        ? {}
        : { tls: { certificate: join(own, "tls.crt"), key: join(own, "tls.key"), minimumtls: "tls1.2" } }),
    },
    ...(tokens === undefined
      ? {}
      : { auth: { token: { realm: tokens.realm, ...tokenService, rootcertbundle: join(own, "signer.crt") } } }),
    ...(isClosed ? { auth: { htpasswd: { realm: "outside", path: join(own, "htpasswd") } } } : {}),
  };
  await writeFile(join(own, "config.yml"), JSON.stringify(configuration));
  const process = spawn(program, ["serve", join(own, "config.yml")], { stdio: "ignore" });
  started.push(process);
  await waitUntil(
    async () =>
      (await localHost().sockets.canConnect("127.0.0.1", port, 1000))
        ? { ok: true as const }
        : { ok: false as const, because: `it does not listen; exit code ${String(process.exitCode)}` },
    { clock: localHost().clock, what: "docker-registry", timeout: 30_000 },
  );
}

async function end(process: ChildProcess): Promise<void> {
  if (process.exitCode === null && process.signalCode === null && process.kill()) await once(process, "exit");
}

/** Gives images that print a word to a registry without TLS and users, as the tag 1. */
async function fillRegistry(port: number, directory: string, repositories: OutsideRegistries["words"]): Promise<void> {
  const { commands } = localHost();
  const source = (await commands.find("busybox")) ?? "";
  for (const [repository, word] of Object.entries(repositories)) {
    const place = join(directory, "images", repository);
    await mkdir(place, { recursive: true });
    const image = {
      references: ["outside.test/word:1"],
      architecture: localArchitecture(),
      entries: [
        { kind: "file" as const, path: "bin/busybox", mode: 0o755, content: { source } },
        { kind: "file" as const, path: "word", content: `${word}\n` },
      ],
      config: { cmd: ["/bin/busybox", "sh", "-c", "/bin/busybox cat /word; exec /bin/busybox sleep 1000"] },
    };
    const [built] = await buildImages(localHost(), [image], join(place, "image.tar"));
    await commands.run(["tar", "-xf", "image.tar"], { cwd: place });
    await push(`http://127.0.0.1:${String(port)}/v2/${repository}`, join(place, "blobs/sha256"), built?.digest ?? "");
  }
}

/** Pushes an image as https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#push says. */
async function push(base: string, blobs: string, digest: string): Promise<void> {
  const pathOf = (blob: string): string => join(blobs, blob.replace("sha256:", ""));
  const text = await readFile(pathOf(digest), "utf8");
  const manifest = JSON.parse(text) as {
    readonly mediaType: string;
    readonly config: { readonly digest: string };
    readonly layers: readonly { readonly digest: string }[];
  };
  for (const blob of [manifest.config, ...manifest.layers]) {
    const begun = await expectOk(fetch(`${base}/blobs/uploads/`, { method: "POST" }));
    const location = new URL(begun.headers.get("location") ?? "", base);
    location.searchParams.set("digest", blob.digest);
    const { size } = await stat(pathOf(blob.digest));
    await expectOk(
      fetch(location, {
        method: "PUT",
        headers: { "content-type": "application/octet-stream", "content-length": String(size) },
        body: createReadStream(pathOf(blob.digest)),
        duplex: "half",
      }),
    );
  }
  const headers = { "content-type": manifest.mediaType };
  await expectOk(fetch(`${base}/manifests/1`, { method: "PUT", headers, body: text }));
}

async function expectOk(asked: Promise<Response>): Promise<Response> {
  const response = await asked;
  if (!response.ok) throw new Error(`${response.url}: ${String(response.status)} ${await response.text()}`);
  return response;
}
