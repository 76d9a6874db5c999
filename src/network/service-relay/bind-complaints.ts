import type { ApiClient } from "../../kube/api-client.ts";
import type { FailedListener } from "./listener-set.ts";
import type { Complaint, WantedHealthCheck } from "./wanted-state.ts";

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly namespace: string; readonly name: string };
    readonly spec: {
      readonly hostNetwork?: boolean;
      readonly containers: readonly {
        readonly ports?: readonly { readonly containerPort: number; readonly protocol?: string }[];
      }[];
    };
  }[];
}

/** What to say of ports that could not be opened; names the pods that share the node's network and ask for the port. */
export async function bindComplaints(
  failed: readonly FailedListener[],
  failedChecks: readonly WantedHealthCheck[],
  client: ApiClient,
  nodeName: string,
  signal: AbortSignal,
): Promise<readonly Complaint[]> {
  if (failed.length === 0 && failedChecks.length === 0) return [];
  const { items } = await client.json<PodList>(`/api/v1/pods?fieldSelector=spec.nodeName%3D${nodeName}`, { signal });
  const holders = (port: number, protocol: string): string => {
    const names = items
      .filter(
        ({ spec }) =>
          spec.hostNetwork === true &&
          spec.containers.some(({ ports = [] }) =>
            ports.some((one) => one.containerPort === port && (one.protocol ?? "TCP") === protocol),
          ),
      )
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    if (names.length === 0) return "a process of this node has it";
    return `the hostNetwork pod ${names.join(", ")} has it`;
  };
  const reason = "PortNotAvailable";
  return [
    ...failed.map(({ wanted: { service, address, port, protocol }, code }) => ({
      service,
      reason,
      message: `${address}:${String(port)}/${protocol} is not served: ${code === "EADDRINUSE" ? holders(port, protocol) : code}. It is tried again.`,
    })),
    ...failedChecks.map(({ service, port }) => ({
      service,
      reason,
      message: `The health-check node port ${String(port)} is not served: ${holders(port, "TCP")}. It is tried again.`,
    })),
  ];
}
