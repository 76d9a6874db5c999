import type { ClusterSpec } from "../contract/cluster-spec.ts";
import type { ApiAccess } from "../components/api-access.ts";
import { ApiError } from "../kube/api-client.ts";
import type { SupervisedTask } from "../supervisor/supervisor.ts";
import { hostNetworkObjects } from "./host-network.ts";

/**
 * Forgets what a kept state has of another mode: its nodes, which nobody will
 * ever call Ready again, and the policy that gives pods the machine's network.
 */
export function formerModeTasks(spec: ClusterSpec, api: ApiAccess): readonly SupervisedTask[] {
  const former = spec.formerNodes ?? [];
  if (former.length === 0) return [];
  const paths = [
    ...former.map((name) => `/api/v1/nodes/${name}`),
    ...(spec.mode === "host-network"
      ? []
      : hostNetworkObjects.map(({ path, object }) => `${path}/${object.metadata.name}`)),
  ];
  return [
    {
      name: "former mode",
      after: ["kube-apiserver"],
      run: async (signal) => {
        const client = await api.client(spec);
        for (const path of paths) {
          await client.text(path, { method: "DELETE", signal }).catch((error: unknown) => {
            if (!(error instanceof ApiError && error.status === 404)) throw error;
          });
        }
      },
    },
  ];
}
