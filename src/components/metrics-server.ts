import type { MetricsServerSettings } from "../contract/cluster-spec.ts";
import type { Component } from "../contract/component.ts";
import type { Host } from "../contract/host.ts";
import { stateLayout } from "../contract/state-layout.ts";
import { metricsApi, publishMetricsApi } from "../kube/metrics-api.ts";
import { metricsServerName, pkiPaths } from "../pki/cluster-pki.ts";
import type { ApiAccess } from "./api-access.ts";

/** metrics-server, a process beside the node rather than a pod: no image, no pull (docs/adr/0017-addons.md). */
export function metricsServer(
  host: Host,
  api: ApiAccess,
  { port, figuresPort, figures }: MetricsServerSettings,
): Component {
  let published = false;
  return {
    name: "metrics-server",
    // The API server asks it by its Service.
    after: ["kube-apiserver", "kubelet", "service-relay"],
    async prepare(spec, signal) {
      const pki = pkiPaths(spec.stateDirectory);
      const kubeconfig = `${stateLayout(spec.stateDirectory).kubeconfigs}/metrics-server`;
      const address = spec.network.nodeAddress;
      if (!published) {
        const authority = await host.files.readText(pki["ca.crt"]);
        const whereabouts = { user: metricsServerName, address, port, authority };
        await publishMetricsApi(await api.client(spec), whereabouts, signal);
      }
      published = true;
      return {
        argv: [
          spec.binaries["metrics-server"],
          `--bind-address=${address}`,
          `--secure-port=${String(port)}`,
          `--tls-cert-file=${pki["metrics-server.crt"]}`,
          `--tls-private-key-file=${pki["metrics-server.key"]}`,
          `--kubeconfig=${kubeconfig}`,
          `--authentication-kubeconfig=${kubeconfig}`,
          `--authorization-kubeconfig=${kubeconfig}`,
          `--kubelet-certificate-authority=${pki["ca.crt"]}`,
          `--kubelet-port=${String(figures.from === "cgroups" ? figuresPort : spec.ports.kubelet)}`,
          // The node's host name resolves nowhere in a sandbox.
          "--kubelet-preferred-address-types=InternalIP",
          "--metric-resolution=15s",
        ],
      };
    },
    // By way of the API server, as everybody asks. Its own /readyz waits for a second look at pods, of which there may be none.
    probe: (spec, signal) => api.probe(spec, metricsApi, signal),
  };
}
