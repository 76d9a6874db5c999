import { nodesOf, type ClusterSpec } from "../contract/cluster-spec.ts";
import type { Host } from "../contract/host.ts";
import { stateLayout } from "../contract/state-layout.ts";
import type { ApiAccess } from "../components/api-access.ts";
import { provisionerName } from "../storage/volume-objects.ts";
import { provisionVolumes } from "../storage/volume-provisioner.ts";
import type { SupervisedService, SupervisedTask } from "../supervisor/supervisor.ts";

/** The name that kind and minikube give to theirs. */
const defaultStorageClass = {
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: {
    name: "standard",
    annotations: {
      "storageclass.kubernetes.io/is-default-class": "true",
      "sandkube.dev/disclosure":
        "A volume is a directory of this machine. Its size is what was asked for, and is not enforced.",
    },
  },
  provisioner: provisionerName,
  reclaimPolicy: "Delete",
  volumeBindingMode: "WaitForFirstConsumer",
  allowVolumeExpansion: true,
};

/** Makes the default StorageClass, where there is none of its name: what a user made of it stays. */
export function storageClassTasks(spec: ClusterSpec, api: ApiAccess): readonly SupervisedTask[] {
  return [
    {
      name: "default StorageClass",
      after: ["kube-apiserver"],
      run: async (signal) => {
        const client = await api.client(spec);
        await client.createIfAbsent("/apis/storage.k8s.io/v1/storageclasses", defaultStorageClass, signal);
      },
    },
  ];
}

/** Gives claims their volumes; where there is no node, nobody could use one. */
export function volumeServices(spec: ClusterSpec, host: Host, api: ApiAccess): readonly SupervisedService[] {
  const nodes = nodesOf(spec);
  if (nodes.length === 0) return [];
  return [
    {
      name: "volumes",
      after: ["kube-apiserver"],
      run: async (signal) => {
        const directory = stateLayout(spec.stateDirectory).volumes;
        const log = (text: string): void => {
          process.stderr.write(`${new Date(host.clock.now()).toISOString()} volumes: ${text}\n`);
        };
        await provisionVolumes({ client: await api.client(spec), host, directory, nodes, log }, signal);
      },
    },
  ];
}
