import { request } from "node:https";
import { createServer, type AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { scriptedHost } from "../../../test/fixtures/scripted-host.ts";
import { testSpec } from "../../../test/fixtures/cluster-spec.ts";
import { CertificateAuthority, type KeyPair } from "../../pki/certificate-authority.ts";
import { serveResourceMetrics } from "./serve-resource-metrics.ts";

const base = testSpec("/state");
const spec = { ...base, network: { ...base.network, nodeAddress: "127.0.0.1" } };
const over = new AbortController();
let authority: CertificateAuthority;
let served: Promise<void>;
let port = 0;

/** The pods are the API server's, some with a container that has ended since or ends just now. */
const pods = ["abc", "gone", "going", "odd"].map((id) => ({
  metadata: { name: `pod-${id}`, namespace: "shop", uid: "u-1" },
  status: {
    qosClass: "BestEffort",
    containerStatuses: [
      { name: "main", containerID: `containerd://${id}`, state: { running: { startedAt: "2026-11-25T12:00:00Z" } } },
    ],
  },
}));
const below = "sandkube/test/kubepods/besteffort/podu-1/abc";
const scripted = scriptedHost({
  files: {
    "/cpu/cpuacct.usage": "9000000000\n",
    "/mem/memory.usage_in_bytes": "123456\n",
    [`/cpu/${below}/cpuacct.usage`]: "2500000000\n",
    [`/mem/${below}/memory.usage_in_bytes`]: "4096\n",
    [`/cpu/${below.replace("abc", "odd")}/cpuacct.usage`]: "",
    [`/mem/${below.replace("abc", "odd")}/memory.usage_in_bytes`]: "4096\n",
  },
});
const host = {
  clock: scripted.clock,
  files: {
    ...scripted.files,
    readTextIfPresent: (path: string) =>
      path.includes("/going/")
        ? Promise.reject(Object.assign(new Error("ENODEV"), { code: "ENODEV" }))
        : scripted.files.readTextIfPresent(path),
  },
};

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port: found } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return found;
}

function ask(client: KeyPair | undefined, path = "/metrics/resource"): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const identity = client === undefined ? {} : { cert: client.certificate, key: client.privateKey };
    request({ host: "127.0.0.1", port, path, ca: authority.pem.certificate, agent: false, ...identity })
      .on("response", (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () => {
          resolve({ status: response.statusCode ?? 0, text });
        });
      })
      .on("error", reject)
      .end();
  });
}

const client = (commonName: string, by = authority): Promise<KeyPair> =>
  by.issue({ commonName, usage: "client" }, Date.now());

beforeAll(async () => {
  authority = await CertificateAuthority.create("test-ca", Date.now());
  const own = await authority.issue(
    { commonName: "node", usage: "server", subjectAltNames: ["127.0.0.1"] },
    Date.now(),
  );
  port = await freePort();
  served = serveResourceMetrics(
    {
      client: { json: <T>() => Promise.resolve({ items: pods } as T) },
      host,
      spec,
      port,
      mounts: { cpuacct: "/cpu", memory: "/mem" },
      tls: { cert: own.certificate, key: own.privateKey, ca: authority.pem.certificate },
      clientName: "metrics-server",
      log: () => undefined,
    },
    over.signal,
  );
});

afterAll(async () => {
  over.abort();
  await served;
});

describe("serveResourceMetrics", () => {
  it("tells what cgroups hold, and leaves out what has ended or cannot be read", async () => {
    const { status, text } = await ask(await client("metrics-server"));
    expect(status, text).toBe(200);
    expect(text).toContain("node_cpu_usage_seconds_total 9.000000000 1800000000000\n");
    expect(text).toContain(
      'container_cpu_usage_seconds_total{container="main",namespace="shop",pod="pod-abc"} 2.500000000 1800000000000\n',
    );
    expect(text).not.toMatch(/gone|going|odd/);
  });

  it("answers nobody else, and nothing else", async () => {
    expect((await ask(await client("somebody"))).status).toBe(403);
    expect((await ask(await client("metrics-server"), "/metrics")).status).toBe(404);
    await expect(ask(undefined)).rejects.toThrow();
    const stranger = await CertificateAuthority.create("stranger", Date.now());
    await expect(ask(await client("metrics-server", stranger))).rejects.toThrow();
  });
});
