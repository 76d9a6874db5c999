import { readdir, readFile } from "node:fs/promises";
import { connect } from "node:net";
import { ApiClient } from "../../src/kube/api-client.ts";
import { median } from "../figures.ts";

const count = 1000;
const changes = 20;
const port = 80;

/** What the relay of a whole cluster needs with 1,000 Services of 3 endpoints. */
export interface ApiFigures {
  /** From the death of the relay's process until a new one serves every Service (milliseconds). */
  readonly againMs: number;
  /** From the API server's word that an EndpointSlice is there until the Service takes connections (milliseconds). */
  readonly changeMs: number;
  readonly bytes: number;
}

/** Runs where the cluster runs, and leaves its objects there. */
export async function measureThroughApi(kubeconfig: string): Promise<ApiFigures> {
  using client = ApiClient.fromKubeconfig(await readFile(kubeconfig, "utf8"));
  const namespace = "bench-services";
  const root = `/api/v1/namespaces/${namespace}`;
  await client.text("/api/v1/namespaces", { method: "POST", body: { metadata: { name: namespace } } });
  const createService = async (name: string): Promise<string> => {
    const body = { metadata: { name }, spec: { ports: [{ port }] } };
    const { spec } = await client.json<{ spec: { clusterIP: string } }>(`${root}/services`, { method: "POST", body });
    return spec.clusterIP;
  };
  const createSlice = async (name: string): Promise<void> => {
    const body = {
      metadata: { name, labels: { "kubernetes.io/service-name": name } },
      addressType: "IPv4",
      endpoints: [11, 12, 13].map((number) => ({ addresses: [`10.244.0.${String(number)}`] })),
      ports: [{ port }],
    };
    const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
    await client.text(path, { method: "POST", body });
  };
  const addresses: string[] = [];
  const names = Array.from({ length: count }, (_, index) => `s${String(index)}`);
  const left = [...names];
  const worker = async (): Promise<void> => {
    for (let name = left.pop(); name !== undefined; name = left.pop()) {
      addresses.push(await createService(name));
      await createSlice(name);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  await serves(addresses);

  const relay = await relayProcess();
  const bytes = 1024 * Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${String(relay)}/status`, "utf8"))?.[1]);
  process.kill(relay, "SIGKILL");
  const killed = performance.now();
  await serves(addresses);
  const againMs = performance.now() - killed;

  const times: number[] = [];
  for (let index = 0; index < changes; index++) {
    const name = `late-${String(index)}`;
    const address = await createService(name);
    await createSlice(name);
    const said = performance.now();
    await serves([address]);
    times.push(performance.now() - said);
  }
  return { againMs, changeMs: median(times), bytes };
}

/** Waits until every one of them takes a connection. */
async function serves(addresses: readonly string[]): Promise<void> {
  const end = performance.now() + 120_000;
  for (const address of addresses) {
    while (!(await takesConnection(address))) {
      if (performance.now() > end) throw new Error(`${address} is not served`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

function takesConnection(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.on("connect", () => {
      resolve(true);
      socket.resetAndDestroy();
    });
    socket.on("error", () => {
      resolve(false);
    });
  });
}

async function relayProcess(): Promise<number> {
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const line = await readFile(`/proc/${entry}/cmdline`, "utf8").catch(() => "");
    if (line.includes("/service-relay.js\0")) return Number(entry);
  }
  throw new Error("there is no relay");
}
