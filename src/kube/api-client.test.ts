import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CertificateAuthority, type KeyPair } from "../pki/certificate-authority.ts";
import { makeKubeconfig } from "../pki/kubeconfig.ts";
import { ApiClient, ApiError } from "./api-client.ts";
import { nodeHealth } from "./node-health.ts";

/** An API server in little: TLS with our own certificates on both sides, and answers by path. */
let server: Server;
let authority: CertificateAuthority;
let admin: KeyPair;
let connections = 0;
let answer: (request: IncomingMessage, response: ServerResponse, body: string) => void = () => undefined;

beforeAll(async () => {
  const now = Date.now();
  authority = await CertificateAuthority.create("test-ca", now);
  admin = await authority.issue({ commonName: "admin", organizations: ["system:masters"], usage: "client" }, now);
  const own = await authority.issue({ commonName: "server", usage: "server", subjectAltNames: ["127.0.0.1"] }, now);
  server = createServer(
    {
      key: own.privateKey,
      cert: own.certificate,
      ca: authority.pem.certificate,
      requestCert: true,
      rejectUnauthorized: true,
    },
    (request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        answer(request, response, body);
      });
    },
  );
  server.on("secureConnection", () => connections++);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function kubeconfig(client = admin, host = "127.0.0.1", trusted = authority): string {
  return makeKubeconfig({
    name: "test",
    user: "admin",
    server: `https://${host}:${String((server.address() as AddressInfo).port)}`,
    authority: trusted.pem.certificate,
    client,
  });
}

describe("ApiClient", () => {
  it("speaks TLS with the certificates of its kubeconfig, and the server knows who it is", async () => {
    let who = "";
    answer = (request, response) => {
      if (!(request.socket instanceof TLSSocket)) throw new Error("not TLS");
      const { subject } = request.socket.getPeerCertificate();
      who = `${String(subject.O)}/${String(subject.CN)}`;
      response.end('{"ok":true}');
    };
    using client = ApiClient.fromKubeconfig(kubeconfig());
    expect(await client.json("/version")).toEqual({ ok: true });
    expect(who).toBe("system:masters/admin");
  });

  it("refuses a server of another authority, and a name that is not in its certificate", async () => {
    answer = (_request, response) => response.end("never seen");
    using other = ApiClient.fromKubeconfig(
      kubeconfig(admin, "127.0.0.1", await CertificateAuthority.create("test-ca", Date.now())),
    );
    await expect(other.text("/")).rejects.toHaveProperty("code", expect.stringMatching(/CERT|SIGNATURE|ISSUER/));
    using misnamed = ApiClient.fromKubeconfig(kubeconfig(admin, "localhost"));
    await expect(misnamed.text("/")).rejects.toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
  });

  it("sends a body as JSON with its length, whatever letters are in it", async () => {
    let seen: unknown;
    answer = (request, response, body) => {
      seen = [request.method, request.headers["content-type"], request.headers["content-length"], body];
      response.end("{}");
    };
    using client = ApiClient.fromKubeconfig(kubeconfig());
    await client.text("/x", { method: "PATCH", body: { a: "é" }, contentType: "application/merge-patch+json" });
    expect(seen).toEqual(["PATCH", "application/merge-patch+json", "10", '{"a":"é"}']);
  });

  it("keeps its connection", async () => {
    answer = (_request, response) => response.end("{}");
    using client = ApiClient.fromKubeconfig(kubeconfig());
    await client.text("/");
    const before = connections;
    for (let count = 0; count < 5; count++) await client.text("/");
    expect(connections).toBe(before);
  });

  it.each([
    [403, '{"kind":"Status","message":"pods is forbidden"}', "pods is forbidden"],
    [500, "[-]etcd failed\n", "[-]etcd failed"],
    [503, "", "HTTP 503"],
    [301, "", "HTTP 301"],
  ])("makes an error of %i that says what the server said", async (status, body, message) => {
    answer = (_request, response) => response.writeHead(status).end(body);
    using client = ApiClient.fromKubeconfig(kubeconfig());
    const error: unknown = await client.text("/").catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status, message });
  });

  it("createIfAbsent is content with what is there, and with nothing else", async () => {
    using client = ApiClient.fromKubeconfig(kubeconfig());
    answer = (_request, response) => response.writeHead(409).end('{"message":"already exists"}');
    await expect(client.createIfAbsent("/x", {})).resolves.toBeUndefined();
    answer = (_request, response) => response.writeHead(422).end('{"message":"invalid"}');
    await expect(client.createIfAbsent("/x", {})).rejects.toThrow("invalid");
  });

  it("ends a request that gets no answer: by its time, and by the signal", async () => {
    const abort = new AbortController();
    answer = () => {
      abort.abort();
    };
    using client = ApiClient.fromKubeconfig(kubeconfig());
    await expect(client.text("/", { signal: abort.signal })).rejects.toMatchObject({ name: "AbortError" });
    answer = () => undefined;
    await expect(client.text("/", { timeout: 50 })).rejects.toThrow("no answer to GET / within 0.05 s");
  });

  it.each(["", "null", "apiVersion: v1", "clusters: [{cluster: {server: https://x}}]", "just text"])(
    "says that a kubeconfig is damaged: %j",
    (text) => {
      expect(() => ApiClient.fromKubeconfig(text)).toThrow(
        expect.objectContaining({ title: "The kubeconfig is damaged", exit: "storage" }),
      );
    },
  );
});

describe("nodeHealth", () => {
  it.each([
    [200, { status: { conditions: [{ type: "Ready", status: "True" }] } }, undefined],
    [
      200,
      { status: { conditions: [{ type: "Ready", status: "False", message: "cni plugin not initialized" }] } },
      "node n is not Ready: cni plugin not initialized",
    ],
    [200, {}, "node n is not Ready: the kubelet has not said anything"],
    [404, { message: "nodes n not found" }, "node n has not registered"],
    [403, { message: "forbidden" }, "forbidden"],
  ])("%i %j", async (status, body, because) => {
    answer = (_request, response) => response.writeHead(status).end(JSON.stringify(body));
    using client = ApiClient.fromKubeconfig(kubeconfig());
    expect(await nodeHealth(client, "n", new AbortController().signal)).toEqual(
      because === undefined ? { ok: true } : { ok: false, because },
    );
  });
});
