import type { Component } from "../contract/component.ts";
import type { Host } from "../contract/host.ts";
import { stateLayout } from "../contract/state-layout.ts";
import { nodeHealth } from "../kube/node-health.ts";
import type { ApiAccess } from "./api-access.ts";

/**
 * kwok, which writes the status that a kubelet would write for nodes and pods
 * that do not exist. It listens on nothing, so that logs and exec fail as they
 * must (https://github.com/kubernetes-sigs/kwok/blob/v0.8.0/pkg/kwok/cmd/root.go).
 */
export function kwok(host: Host, api: ApiAccess): Component {
  return {
    name: "kwok",
    after: ["kube-apiserver"],
    async prepare(spec, signal) {
      const layout = stateLayout(spec.stateDirectory);
      const configuration = `${layout.configuration}/kwok.yaml`;
      // Upstream's own stages, out of the binary that will read them.
      const { stdout: stages } = await host.commands.run([spec.binaries.kwok, "stages"], { signal });
      await host.files.write(configuration, stages);
      return {
        argv: [
          spec.binaries.kwok,
          `--config=${configuration}`,
          `--kubeconfig=${layout.kubeconfigs}/kwok`,
          `--manage-nodes-with-annotation-selector=${managedBy.key}=${managedBy.value}`,
          `--cidr=${spec.network.podCidr}`,
          "--node-lease-duration-seconds=40",
        ],
        // Or it would read the configuration of a user's own kwok.
        environment: { KWOK_WORKDIR: `${layout.runtime}/kwok` },
      };
    },
    async probe(spec, signal) {
      const client = await api.client(spec);
      for (const node of spec.simulatedNodes ?? []) {
        const health = await nodeHealth(client, node, signal);
        if (!health.ok) return health;
      }
      return { ok: true };
    },
  };
}

/** The annotation of nodes that kwok looks after, as its documentation has it. */
export const managedBy = { key: "kwok.x-k8s.io/node", value: "fake" } as const;
