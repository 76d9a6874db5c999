import { judge, type Check, type Finding } from "../check.ts";
import type { ClusterView } from "../cluster-view.ts";
import { container, pod, sleepForever } from "../manifests.ts";
import { readyPod, sharedPod } from "../pods.ts";

/** The pod that has every kind of volume, and the word in all of them. */
async function volumesPod(cluster: ClusterView): Promise<{ readonly word: string; readonly hostDirectory: string }> {
  const hostDirectory = `${cluster.workspace.directory}/volume`;
  const made = await cluster.workspace.shared("volumes", async () => {
    const word = cluster.word();
    await cluster.host.files.write(`${hostDirectory}/from-host`, word);
    await cluster.create({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "of-volumes" }, data: { word } });
    await cluster.create({ apiVersion: "v1", kind: "Secret", metadata: { name: "of-volumes" }, stringData: { word } });
    await sharedPod(cluster, "volumes-pod", () => ({ manifest: manifest(hostDirectory), value: undefined }));
    return { word, hostDirectory };
  });
  await readyPod(cluster, "volumes");
  return made;
}

function manifest(hostDirectory: string): ReturnType<typeof pod> {
  const name = "of-volumes";
  const volumes = [
    { name: "map", configMap: { name } },
    { name: "secret", secret: { secretName: name, defaultMode: 0o400 } },
    {
      name: "all",
      projected: {
        sources: [
          { configMap: { name, items: [{ key: "word", path: "map" }] } },
          { secret: { name, items: [{ key: "word", path: "secret" }] } },
          { serviceAccountToken: { path: "token" } },
        ],
      },
    },
    { name: "self", downwardAPI: { items: [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }] } },
    { name: "empty", emptyDir: {} },
    { name: "memory", emptyDir: { medium: "Memory", sizeLimit: "8Mi" } },
    { name: "host", hostPath: { path: hostDirectory, type: "Directory" } },
  ];
  const env = [
    { name: "FROM_MAP", valueFrom: { configMapKeyRef: { name, key: "word" } } },
    { name: "FROM_SECRET", valueFrom: { secretKeyRef: { name, key: "word" } } },
    { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    { name: "POD_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
    { name: "LIMIT", valueFrom: { resourceFieldRef: { resource: "limits.memory", divisor: "1Mi" } } },
  ];
  const resources = { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "64Mi" } };
  const volumeMounts = volumes.map((volume) => ({ name: volume.name, mountPath: `/${volume.name}` }));
  const writer = container("writer", "echo disk > /empty/file; echo memory > /memory/file", {
    volumeMounts: volumeMounts.filter(({ name: volume }) => volume === "empty" || volume === "memory"),
  });
  return pod("volumes", [container("main", sleepForever, { env, resources, volumeMounts })], {
    initContainers: [writer],
    volumes,
  });
}

/** Has a shell in the pod say something and compares. */
async function said(
  cluster: ClusterView,
  script: string,
  wanted: (made: { readonly word: string }) => string | RegExp,
): Promise<Finding> {
  const made = await volumesPod(cluster);
  const { text } = await cluster.inPod("volumes", script);
  const expected = wanted(made);
  const holds = typeof expected === "string" ? text === expected : expected.test(text);
  return judge(
    holds,
    holds ? `the pod reads it: ${text.replaceAll("\n", ", ")}` : `it should be ${String(expected)} and is ${text}`,
  );
}

function volumeCheck(id: string, claim: string, run: Check["run"]): Check {
  return { id, claim, scope: "containers", needs: "pod-runs", run };
}

/** `environment-variables` */
export const environmentVariables = volumeCheck(
  "environment-variables",
  "Variables come out of a ConfigMap, a Secret, the pod's own fields and its limits",
  async (cluster) => {
    const { word } = await volumesPod(cluster);
    const address = await readyPod(cluster, "volumes");
    return said(
      cluster,
      'echo "$FROM_MAP $FROM_SECRET $POD_NAME $POD_IP $LIMIT"',
      () => `${word} ${word} volumes ${address} 64`,
    );
  },
);

/** `volume-config-map` */
export const volumeConfigMap = volumeCheck(
  "volume-config-map",
  "A configMap volume holds the ConfigMap's data",
  (cluster) => said(cluster, "cat /map/word", ({ word }) => word),
);

/** `volume-secret` */
export const volumeSecret = volumeCheck(
  "volume-secret",
  "A secret volume lies in memory and holds the Secret's data, readable as its mode says",
  (cluster) =>
    said(
      cluster,
      "cat /secret/word; echo; stat -L -c %a /secret/word; stat -f -c %T /secret",
      ({ word }) => `${word}\n400\ntmpfs`,
    ),
);

/** `volume-projected` */
export const volumeProjected = volumeCheck(
  "volume-projected",
  "A projected volume holds a ConfigMap, a Secret and a service account's token side by side",
  (cluster) =>
    said(
      cluster,
      "cat /all/map; echo; cat /all/secret; echo; cut -c1-3 /all/token",
      ({ word }) => `${word}\n${word}\neyJ`,
    ),
);

/** `volume-downward-api` */
export const volumeDownwardApi = volumeCheck(
  "volume-downward-api",
  "A downwardAPI volume holds the pod's own labels",
  (cluster) => said(cluster, "cat /self/labels", () => 'app="volumes"'),
);

/** `volume-empty-dir` */
export const volumeEmptyDir = volumeCheck(
  "volume-empty-dir",
  "An emptyDir is shared by the containers of a pod and can be written",
  (cluster) => said(cluster, "cat /empty/file; echo again > /empty/more && cat /empty/more", () => "disk\nagain"),
);

/** `volume-memory` */
export const volumeMemory = volumeCheck(
  "volume-memory",
  "An emptyDir of medium Memory is a tmpfs that the containers of a pod share",
  (cluster) => said(cluster, "cat /memory/file; stat -f -c %T /memory", () => "memory\ntmpfs"),
);

/** `volume-host-path` */
export const volumeHostPath = volumeCheck(
  "volume-host-path",
  "A hostPath volume is the node's own directory, in both directions",
  async (cluster) => {
    const { word, hostDirectory } = await volumesPod(cluster);
    const { text } = await cluster.inPod("volumes", "cat /host/from-host; echo from the pod > /host/from-pod");
    const back = await cluster.host.files.readTextIfPresent(`${hostDirectory}/from-pod`);
    cluster.exhibit(`${hostDirectory}/from-pod, on the node`, back ?? "not there");
    return judge(
      text === word && back === "from the pod\n",
      `the pod reads ${text}, the node ${back === undefined ? "nothing" : back.trim()}`,
    );
  },
);

/** `volume-read-only` */
export const volumeReadOnly = volumeCheck(
  "volume-read-only",
  "Volumes of ConfigMaps and Secrets cannot be written by a container",
  (cluster) =>
    said(cluster, "(echo x > /map/word) 2>&1; (echo x > /secret/word) 2>&1; true", () => /Read-only[\s\S]*Read-only/),
);
