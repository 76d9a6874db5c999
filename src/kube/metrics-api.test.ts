import { describe, expect, it } from "vitest";
import { ApiError, type ApiClient, type ApiRequest } from "./api-client.ts";
import { publishMetricsApi, withdrawMetricsApi } from "./metrics-api.ts";

const { signal } = new AbortController();

interface Asked {
  readonly line: string;
  readonly body: unknown;
}

/** A client that writes down what is asked of it; what `absent` names is not there. */
function recorder(absent: (line: string) => boolean = () => false): {
  readonly client: ApiClient;
  readonly asked: Asked[];
} {
  const asked: Asked[] = [];
  const text = (path: string, options: ApiRequest = {}): Promise<string> => {
    const line = `${options.method ?? "GET"} ${path.replace(/\?.*/, "")}`;
    asked.push({ line, body: options.body });
    return absent(line) ? Promise.reject(new ApiError(404, "not found")) : Promise.resolve("{}");
  };
  const createIfAbsent = (path: string): Promise<string> => text(path, { method: "POST" });
  return { client: { text, createIfAbsent } as unknown as ApiClient, asked };
}

const whereabouts = { user: "sandkube:metrics-server", address: "10.244.0.1", port: 10_270, authority: "PEM" };

describe("publishMetricsApi", () => {
  it("has the API server check who answers, at the node's address", async () => {
    const { client, asked } = recorder();
    await publishMetricsApi(client, whereabouts, signal);
    const last = asked.at(-1);
    expect(last?.line).toContain("v1beta1.metrics.k8s.io");
    expect(last?.body).toMatchObject({
      spec: {
        caBundle: Buffer.from("PEM").toString("base64"),
        service: { name: "metrics-server", namespace: "kube-system" },
      },
    });
    expect(JSON.stringify(last?.body)).not.toContain("insecure");
    const slice = asked.find(({ line }) => line.includes("endpointslices"))?.body;
    expect(slice).toMatchObject({ endpoints: [{ addresses: ["10.244.0.1"] }], ports: [{ port: 10_270 }] });
    expect(asked.find(({ line }) => line.includes("/services/"))?.body).not.toHaveProperty("spec.selector");
  });
});

describe("withdrawMetricsApi", () => {
  it("takes back all of it, its own mark last", async () => {
    const made = recorder();
    await publishMetricsApi(made.client, whereabouts, signal);
    const { client, asked } = recorder();
    await withdrawMetricsApi(client, whereabouts.user, signal);
    const deleted = asked.slice(1).map(({ line }) => line);
    const published = made.asked.slice(1).map(({ line }) => line.replace("PATCH", "DELETE"));
    expect([...deleted].sort()).toEqual([...published].sort());
    expect(deleted.at(-1)).toContain("clusterrolebindings/sandkube:metrics-server");
  });

  it("leaves alone what a user made under the same name", async () => {
    const { client, asked } = recorder((line) => line.startsWith("GET"));
    await withdrawMetricsApi(client, whereabouts.user, signal);
    expect(asked).toHaveLength(1);
  });
});
