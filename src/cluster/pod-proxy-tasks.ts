import { authoritiesIn } from "../contract/authorities-in.ts";
import type { ClusterSpec } from "../contract/cluster-spec.ts";
import type { Host } from "../contract/host.ts";
import type { ApiAccess } from "../components/api-access.ts";
import { podProxyVariables, tellPodsOfNoProxy, tellPodsOfProxy } from "../kube/pod-proxy.ts";
import type { SupervisedTask } from "../supervisor/supervisor.ts";

/** Has new pods told of the cluster's proxy; where there is none, a kept state's is forgotten. */
export function podProxyTasks(spec: ClusterSpec, host: Host, api: ApiAccess): readonly SupervisedTask[] {
  const { podProxy } = spec;
  if (podProxy === undefined) {
    if (spec.isKept !== true) return [];
    const run: SupervisedTask["run"] = async (signal) => tellPodsOfNoProxy(await api.client(spec), signal);
    return [{ name: "former proxy for pods", after: ["kube-apiserver"], run }];
  }
  return [
    {
      name: "proxy for pods",
      after: ["kube-apiserver"],
      run: async (signal) => {
        const client = await api.client(spec);
        const texts = await Promise.all(podProxy.authorities.map((path) => host.files.readText(path)));
        const certificates = authoritiesIn(texts);
        const variables = podProxyVariables(podProxy, spec, certificates.length > 0);
        await tellPodsOfProxy(client, variables, certificates, { clock: host.clock, signal });
      },
    },
  ];
}
