import { judge, Refutation, type Check } from "../check.ts";
import type { ApiManifest } from "../cluster-view.ts";
import { container, pod, sleepForever } from "../manifests.ts";
import { podGone, readyPod } from "../pods.ts";

interface Claim {
  readonly spec: { readonly volumeName?: string; readonly storageClassName?: string };
}

interface Volume {
  readonly spec: { readonly local?: { readonly path: string }; readonly capacity: { readonly storage: string } };
}

/** Runs as nobody in particular: what it may write it owes to its volume. */
function user(name: string, script: string): ApiManifest {
  return pod(name, [container("main", script, { volumeMounts: [{ name: "data", mountPath: "/data" }] })], {
    securityContext: { runAsUser: 1000, runAsGroup: 1000, fsGroup: 2000 },
    volumes: [{ name: "data", persistentVolumeClaim: { claimName: "kept" } }],
  });
}

/** `volume-claim` */
export const volumeClaim: Check = {
  id: "volume-claim",
  claim:
    "A claim without a class gets a volume that any user may write, keeps its data from pod to pod, grows, and takes its directory along",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster) {
    const word = cluster.word();
    const claim = cluster.path("persistentvolumeclaims", "kept");
    const spec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "8Mi" } } };
    await cluster.create({ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: "kept" }, spec });
    await cluster.create(user("first-user", `echo ${word} > /data/word || exit 1; ${sleepForever}`));
    await readyPod(cluster, "first-user");
    const { volumeName = "", storageClassName } = (await cluster.read<Claim>(claim)).spec;
    const volume = `/api/v1/persistentvolumes/${volumeName}`;
    const directory = (await cluster.read<Volume>(volume)).spec.local?.path ?? "";
    cluster.exhibit("the claim's volume", { volumeName, storageClassName, directory });
    await remove("first-user");
    await cluster.create(user("second-user", sleepForever));
    await readyPod(cluster, "second-user");
    const { text } = await cluster.inPod("second-user", "cat /data/word");
    if (text !== word) throw new Refutation(`the second pod reads ${text.slice(0, 100)}`);

    const larger = { spec: { resources: { requests: { storage: "16Mi" } } } };
    await cluster.client.text(claim, { method: "PATCH", contentType: "application/merge-patch+json", body: larger });
    await cluster.holds("the volume to grow", async () => {
      const { status } = await cluster.read<{ status: { capacity: { storage: string } } }>(claim);
      return status.capacity.storage === "16Mi"
        ? { ok: true, value: undefined }
        : { ok: false, because: `it has ${status.capacity.storage}` };
    });

    await remove("second-user");
    await cluster.remove(claim);
    await cluster.holds("the volume and its directory to be gone", async () => {
      const { status } = await cluster.ask(cluster.client, volume, { as: "the owner of the claim" });
      if (status !== 404) return { ok: false, because: `GET ${volume} answers ${String(status)}` };
      const left = await cluster.host.files.status(directory);
      return left === undefined ? { ok: true, value: undefined } : { ok: false, because: `${directory} is there` };
    });
    return judge(directory !== "", `${storageClassName ?? "no class"} gave ${directory}, and took it away again`);

    async function remove(name: string): Promise<void> {
      await cluster.remove(cluster.path("pods", name));
      await podGone(cluster, name);
    }
  },
};
