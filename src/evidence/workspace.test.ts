import { describe, expect, it } from "vitest";
import { testSpec } from "../../test/fixtures/cluster-spec.ts";
import { scriptedHost } from "../../test/fixtures/scripted-host.ts";
import { ApiError, type ApiClient, type ApiRequest } from "../kube/api-client.ts";
import { Workspace } from "./workspace.ts";

/** An API server that keeps names of objects; what is stubborn does not go. */
class FakeApi {
  readonly objects = new Set<string>();
  readonly stubborn = new Set<string>();

  text(path: string, { method = "GET", body }: ApiRequest = {}): Promise<string> {
    if (method === "POST") {
      this.objects.add(`${path}/${(body as { metadata: { name: string } }).metadata.name}`);
      return Promise.resolve("{}");
    }
    if (method === "DELETE") {
      if (!this.objects.has(path)) return Promise.reject(new ApiError(404, "not found"));
      if (!this.stubborn.has(path)) this.objects.delete(path);
      const conditions = [{ status: "True", message: "a finalizer remains" }];
      return Promise.resolve(JSON.stringify({ status: { conditions } }));
    }
    return Promise.resolve("{}");
  }

  json(path: string): Promise<unknown> {
    const collection = path.split("?")[0] ?? "";
    const names = [...this.objects].filter((object) => object.startsWith(`${collection}/`));
    return Promise.resolve({ items: names.map((name) => ({ metadata: { name: name.slice(collection.length + 1) } })) });
  }
}

function workspaceOn(api: FakeApi): Workspace {
  const host = scriptedHost({});
  let time = 0;
  const clock = { ...host.clock, monotonic: () => (time += 10_000) };
  const files = { ...host.files, makeDirectory: () => Promise.resolve() };
  return new Workspace({
    spec: testSpec("/nonexistent"),
    host: { ...host, files, clock },
    client: api as unknown as ApiClient,
    components: [],
  });
}

const never = new AbortController().signal;

describe("Workspace", () => {
  it("has names of its own, and removes all that it made", async () => {
    const api = new FakeApi();
    const workspace = workspaceOn(api);
    await workspace.prepare(never);
    expect([...api.objects]).toEqual([
      `/api/v1/namespaces/${workspace.namespace}`,
      `/api/v1/namespaces/${workspace.strictNamespace}`,
      `/api/v1/namespaces/${workspace.limitedNamespace}`,
    ]);
    expect(workspaceOn(api).namespace).not.toBe(workspace.namespace);
    const made = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets";
    workspace.own(made);
    api.objects.add(made);
    expect(await workspace.remove(never)).toEqual([]);
    expect(api.objects.size).toBe(0);
  });

  it("removes what a run that was killed has left", async () => {
    const api = new FakeApi();
    const killed = workspaceOn(api);
    await killed.prepare(never);
    const next = workspaceOn(api);
    await next.prepare(never);
    expect([...api.objects].some((object) => object.includes(killed.namespace))).toBe(false);
  });

  it("says what does not go, and why", async () => {
    const api = new FakeApi();
    const workspace = workspaceOn(api);
    await workspace.prepare(never);
    const path = `/api/v1/namespaces/${workspace.namespace}`;
    api.stubborn.add(path);
    expect(await workspace.remove(never)).toEqual([
      expect.stringMatching(`^${path}: After 120 s the last reason was: a finalizer remains`),
    ]);
    expect([...api.objects]).toEqual([path]);
  });

  it("makes what is shared once", async () => {
    const workspace = workspaceOn(new FakeApi());
    let made = 0;
    const make = (): Promise<number> => Promise.resolve(++made);
    expect(await Promise.all([workspace.shared("pod", make), workspace.shared("pod", make)])).toEqual([1, 1]);
  });
});
