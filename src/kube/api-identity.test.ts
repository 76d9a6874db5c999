import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CertificateAuthority } from "../pki/certificate-authority.ts";
import { ApiClient } from "./api-client.ts";

let server: Server;
let client: ApiClient;

/** Tells who asks: by certificate, by token and in whose name. */
beforeAll(async () => {
  const now = Date.now();
  const authority = await CertificateAuthority.create("test-ca", now);
  const own = await authority.issue({ commonName: "server", usage: "server", subjectAltNames: ["127.0.0.1"] }, now);
  const admin = await authority.issue({ commonName: "admin", usage: "client" }, now);
  const options = {
    key: own.privateKey,
    cert: own.certificate,
    ca: authority.pem.certificate,
    requestCert: true,
    rejectUnauthorized: false,
  };
  server = createServer(options, ({ socket, headers }, response) => {
    const peer = socket instanceof TLSSocket ? socket.getPeerCertificate() : undefined;
    const { authorization, "impersonate-user": user, "impersonate-group": groups } = headers;
    const certificate = (peer as { subject?: { CN?: string } } | undefined)?.subject?.CN ?? null;
    response.end(JSON.stringify({ certificate, authorization, user, groups }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  client = new ApiClient({
    server: `https://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    authority: authority.pem.certificate,
    certificate: admin.certificate,
    privateKey: admin.privateKey,
  });
});

afterAll(() => {
  client[Symbol.dispose]();
  server.closeAllConnections();
  server.close();
});

describe("who asks", () => {
  it("is the owner of the certificate, and of nothing else", async () => {
    expect(await client.json("/")).toEqual({ certificate: "admin" });
  });

  it("is the owner of a token, without our certificate", async () => {
    using other = client.withToken("a-token");
    expect(await other.json("/")).toEqual({ certificate: null, authorization: "Bearer a-token" });
    for await (const line of other.lines("/", { signal: AbortSignal.timeout(10_000), silence: 10_000 })) {
      expect(JSON.parse(line)).toMatchObject({ authorization: "Bearer a-token" });
    }
  });

  it("is nobody", async () => {
    using nobody = client.withToken(undefined);
    expect(await nobody.json("/")).toEqual({ certificate: null });
  });

  it("is somebody else for one request", async () => {
    const impersonate = { user: "system:node:other", groups: ["system:nodes", "system:authenticated"] };
    const answer = await client.json("/", { impersonate });
    expect(answer).toMatchObject({ user: "system:node:other", groups: "system:nodes, system:authenticated" });
    expect(await client.json("/")).toEqual({ certificate: "admin" });
  });
});
