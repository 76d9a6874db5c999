import { judge, proved, refuted, type Check } from "../check.ts";
import type { ApiManifest, ClusterView } from "../cluster-view.ts";

function configMap(name: string, more: object = {}, data: Readonly<Record<string, string>> = {}): ApiManifest {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, ...more }, data };
}

interface Stored {
  readonly metadata: { readonly name: string; readonly uid: string; readonly resourceVersion: string };
}

/** `watch` */
export const watch: Check = {
  id: "watch",
  claim: "A watch tells every change of an object, in order",
  scope: "cluster",
  async run(cluster, signal) {
    const maps = cluster.path("configmaps");
    const { metadata } = await cluster.create<Stored>(configMap("watched", {}, { step: "0" }));
    const query = `watch=1&fieldSelector=metadata.name=watched&resourceVersion=${metadata.resourceVersion}&timeoutSeconds=60`;
    const told: string[] = [];
    const follow = (async () => {
      for await (const line of cluster.client.lines(`${maps}?${query}`, { signal, silence: 60_000 })) {
        const { type, object } = JSON.parse(line) as { type: string; object: { data?: { step?: string } } };
        told.push(`${type} ${object.data?.step ?? ""}`);
        if (type === "DELETED") return;
      }
    })();
    const change = async (): Promise<void> => {
      for (const step of ["1", "2"]) await patch(cluster, `${maps}/watched`, { data: { step } });
      await cluster.remove(`${maps}/watched`);
    };
    await Promise.all([follow, change()]);
    cluster.exhibit(`GET ${maps}?watch=1&fieldSelector=metadata.name=watched`, told.join("\n"));
    return judge(told.join() === "MODIFIED 1,MODIFIED 2,DELETED 2", `it told ${told.join(", ")}`);
  },
};

/** `stale-update-refused` */
export const staleUpdateRefused: Check = {
  id: "stale-update-refused",
  claim: "An update that does not know of the latest one is refused",
  scope: "cluster",
  async run(cluster) {
    const stale = await cluster.create<Stored>(configMap("contested"));
    const path = cluster.path("configmaps", "contested");
    await patch(cluster, path, { data: { by: "first" } });
    const body = { ...configMap("contested", {}, { by: "second" }), metadata: stale.metadata };
    const { status } = await cluster.ask(cluster.client, path, { method: "PUT", body });
    const { data } = await cluster.read<{ data: { by: string } }>(path);
    return judge(
      status === 409 && data.by === "first",
      `the stale update answers ${String(status)}; the data is by the ${data.by}`,
    );
  },
};

/** `list-in-pages` */
export const listInPages: Check = {
  id: "list-in-pages",
  claim: "A long list comes in pages that hold each object once",
  scope: "cluster",
  async run(cluster) {
    const names = Array.from({ length: 7 }, (_, index) => `page-${String(index)}`);
    for (const name of names) await cluster.create(configMap(name, { labels: { pages: "yes" } }));
    const found: string[] = [];
    let token: string | undefined = "";
    let pages = 0;
    do {
      const query = `labelSelector=pages&limit=3&continue=${encodeURIComponent(token)}`;
      const page: Page = await cluster.read<Page>(`${cluster.path("configmaps")}?${query}`);
      found.push(...page.items.map(({ metadata }) => metadata.name));
      token = page.metadata.continue;
      pages++;
    } while (token !== undefined && token !== "" && pages < 10);
    cluster.exhibit(`GET ${cluster.path("configmaps")}?limit=3`, found.join("\n"));
    return judge(
      pages === 3 && found.toSorted().join() === names.join(),
      `${String(found.length)} of ${String(names.length)} objects came in ${String(pages)} pages of three`,
    );
  },
};

interface Page {
  readonly metadata: { readonly continue?: string };
  readonly items: readonly Stored[];
}

/** `apply-conflict` */
export const applyConflict: Check = {
  id: "apply-conflict",
  claim: "Server-side apply refuses to take a field from its manager, unless it is forced",
  scope: "cluster",
  async run(cluster) {
    const path = cluster.path("configmaps", "applied");
    const apply = (manager: string, colour: string, force = false): Promise<{ status: number; text: string }> =>
      cluster.ask(cluster.client, `${path}?fieldManager=${manager}&force=${String(force)}`, {
        method: "PATCH",
        contentType: "application/apply-patch+yaml",
        body: configMap("applied", {}, { colour }),
      });
    const first = await apply("first", "green");
    const conflict = await apply("second", "blue");
    const forced = await apply("second", "blue", true);
    const { data } = await cluster.read<{ data: { colour: string } }>(path);
    return judge(
      first.status === 200 && conflict.status === 409 && forced.status === 200 && data.colour === "blue",
      `the first manager: ${String(first.status)}, the second: ${String(conflict.status)}, by force: ${String(forced.status)}; the value is ${data.colour}`,
    );
  },
};

/** `custom-resource` */
export const customResource: Check = {
  id: "custom-resource",
  claim: "A CustomResourceDefinition makes a kind that is served, validated and watched",
  scope: "cluster",
  async run(cluster, signal) {
    const group = `${cluster.namespace}.sandkube.dev`;
    const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    await cluster.createClusterWide(definitions, {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `widgets.${group}` },
      spec: {
        group,
        scope: "Namespaced",
        names: { plural: "widgets", singular: "widget", kind: "Widget" },
        versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: widgetSchema } }],
      },
    });
    const widgets = `/apis/${group}/v1/namespaces/${cluster.namespace}/widgets`;
    const version = await cluster.holds("the new kind to be served", async () => {
      const list = await cluster.read<{ metadata: { resourceVersion: string } }>(widgets);
      return { ok: true, value: list.metadata.resourceVersion };
    });
    const widget = (name: string, size: unknown): object => ({
      apiVersion: `${group}/v1`,
      kind: "Widget",
      metadata: { name },
      spec: { size },
    });
    // The kind is served before what is sent to it is validated: everything is established a moment later.
    await cluster.holds("a widget to be made", async () => {
      const { status, text } = await cluster.ask(cluster.client, widgets, { method: "POST", body: widget("one", 3) });
      return status === 200 || status === 409 ? { ok: true, value: undefined } : { ok: false, because: text };
    });
    const wrong = await cluster.ask(cluster.client, widgets, {
      method: "POST",
      body: widget("two", "three"),
      as: "the owner of a wrong widget",
    });
    let told = "nothing";
    for await (const line of cluster.client.lines(`${widgets}?watch=1&resourceVersion=${version}&timeoutSeconds=60`, {
      signal,
      silence: 60_000,
    })) {
      const { type, object } = JSON.parse(line) as { type: string; object: { spec?: { size: number } } };
      told = `${type}, size ${String(object.spec?.size)}`;
      break;
    }
    cluster.exhibit(`GET ${widgets}?watch=1`, told);
    return judge(
      told === "ADDED, size 3" && wrong.status === 422,
      `the watch told ${told}; a widget whose size is a word answers ${String(wrong.status)}`,
    );
  },
};

const widgetSchema = {
  type: "object",
  properties: { spec: { type: "object", properties: { size: { type: "integer" } } } },
};

/** `garbage-collection` */
export const garbageCollection: Check = {
  id: "garbage-collection",
  claim: "What an object owns goes when it is deleted, and nothing else",
  scope: "cluster",
  async run(cluster) {
    const owner = await cluster.create<Stored>(configMap("owner"));
    const { name, uid } = owner.metadata;
    const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name, uid }];
    await cluster.create(configMap("owned", { ownerReferences, labels: { family: "yes" } }));
    await cluster.create(configMap("free", { labels: { family: "yes" } }));
    await cluster.remove(cluster.path("configmaps", "owner"), { propagationPolicy: "Background" });
    const list = `${cluster.path("configmaps")}?labelSelector=family`;
    const left = await cluster.holds("what is owned to go", async () => {
      const { items } = await cluster.read<Page>(list);
      const names = items.map(({ metadata }) => metadata.name);
      cluster.exhibit(`GET ${list}`, names.join("\n"));
      return names.includes("owned") ? { ok: false, because: "it is still there" } : { ok: true, value: names };
    });
    return left.join() === "free"
      ? proved("the owned object went, the free one stayed")
      : refuted(`left are: ${left.join(", ")}`);
  },
};

async function patch(cluster: ClusterView, path: string, body: object): Promise<void> {
  await cluster.client.text(path, { method: "PATCH", contentType: "application/merge-patch+json", body });
}
