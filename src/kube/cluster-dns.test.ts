import { describe, expect, it } from "vitest";
import { ApiError, type ApiClient, type ApiRequest } from "./api-client.ts";
import { grantDnsAccess, publishDnsService } from "./cluster-dns.ts";

const { signal } = new AbortController();
const address = { clusterIp: "10.96.0.10", endpoint: "10.244.0.1" };

/** A client that writes down what is asked of it; `answer` may throw. */
function recorder(answer: (line: string, count: number) => void = () => undefined): {
  readonly client: ApiClient;
  readonly lines: string[];
  readonly bodies: unknown[];
} {
  const lines: string[] = [];
  const bodies: unknown[] = [];
  const text = (path: string, options: ApiRequest = {}): Promise<string> => {
    const line = `${options.method ?? "GET"} ${path}`;
    lines.push(line);
    bodies.push(options.body);
    return new Promise((resolve) => {
      answer(line, lines.filter((other) => other === line).length);
      resolve("{}");
    });
  };
  const createIfAbsent = (path: string): Promise<string> => text(path, { method: "POST" });
  return { client: { text, createIfAbsent } as unknown as ApiClient, lines, bodies };
}

const service = "/api/v1/namespaces/kube-system/services/kube-dns";
const apply = "?fieldManager=sandkube&force=true";

describe("publishDnsService", () => {
  it("makes the namespace, the service and its endpoint, or makes them so", async () => {
    const { client, lines, bodies } = recorder();
    await publishDnsService(client, address, signal);
    expect(lines).toEqual([
      "POST /api/v1/namespaces",
      `PATCH ${service}${apply}`,
      `PATCH /apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices/kube-dns${apply}`,
    ]);
    expect(bodies[1]).toMatchObject({ spec: { clusterIP: "10.96.0.10" } });
    expect(bodies[1]).not.toHaveProperty("spec.selector");
    expect(bodies[2]).toMatchObject({ endpoints: [{ addresses: ["10.244.0.1"] }] });
  });

  it("replaces a service whose address is another, since it cannot be changed", async () => {
    const { client, lines } = recorder((line, count) => {
      if (line === `PATCH ${service}${apply}` && count === 1) throw new ApiError(422, "field is immutable");
    });
    await publishDnsService(client, address, signal);
    expect(lines.slice(1, 4)).toEqual([`PATCH ${service}${apply}`, `DELETE ${service}`, `PATCH ${service}${apply}`]);
  });

  it("passes on any other refusal", async () => {
    const { client, lines } = recorder((line) => {
      if (line.startsWith("PATCH")) throw new ApiError(403, "forbidden");
    });
    await expect(publishDnsService(client, address, signal)).rejects.toThrow("forbidden");
    expect(lines).not.toContain(`DELETE ${service}`);
  });
});

describe("grantDnsAccess", () => {
  it("allows looking at what is served, and no more", async () => {
    const { client, bodies } = recorder();
    await grantDnsAccess(client, "dns", signal);
    const [role] = bodies as { rules: { resources: string[]; verbs: string[] }[] }[];
    expect(role?.rules.flatMap(({ resources }) => resources)).toEqual(["services", "namespaces", "endpointslices"]);
    expect(new Set(role?.rules.flatMap(({ verbs }) => verbs))).toEqual(new Set(["list", "watch"]));
    expect(bodies[1]).toMatchObject({ subjects: [{ kind: "User", name: "dns" }], roleRef: { name: "dns" } });
  });
});
