import { stringify } from "yaml";
import type { ClusterSpec } from "../contract/cluster-spec.ts";
import type { Component, ProcessSpec } from "../contract/component.ts";
import type { Host } from "../contract/host.ts";
import { stateLayout } from "../contract/state-layout.ts";
import { pkiPaths } from "../pki/cluster-pki.ts";
import { nodeHealth } from "../kube/node-health.ts";
import { kubeletConfigJson, readDockerLogins } from "../registries/docker-logins.ts";
import { trustBundleGates } from "../kube/trust-bundle.ts";
import type { ApiAccess } from "./api-access.ts";
import { underRedirector } from "./under-redirector.ts";

/** The kubelet, with authentication and authorization on and no read-only port. */
export function kubelet(host: Host, api: ApiAccess): Component {
  return {
    name: "kubelet",
    after: ["kube-apiserver", "containerd"],
    async prepare(spec) {
      const layout = stateLayout(spec.stateDirectory);
      const configuration = `${layout.configuration}/kubelet.yaml`;
      await host.files.write(configuration, stringify(kubeletConfiguration(spec)));
      await host.files.write(resolvConfPath(spec), `nameserver ${spec.network.dnsAddress}\n`);
      // It looks for credentials in its root directory first (SetPreferredDockercfgPath in
      // https://github.com/kubernetes/kubernetes/blob/v1.36.3/cmd/kubelet/app/server.go#L1256), and where it finds no
      // file there, in the user's home, which may have some that are not for it.
      const logins = kubeletConfigJson(await readDockerLogins(host), spec.registries ?? []);
      await host.files.write(`${layout.kubelet}/config.json`, logins, { mode: 0o600 });
      const argv: ProcessSpec["argv"] = [
        `${layout.programs}/kubelet`,
        `--config=${configuration}`,
        `--kubeconfig=${layout.kubeconfigs}/kubelet`,
        `--hostname-override=${spec.nodeName}`,
        `--node-ip=${spec.network.nodeAddress}`,
        `--root-dir=${layout.kubelet}`,
      ];
      const { suppliedTunables } = spec.kubelet;
      return {
        argv: suppliedTunables === undefined ? argv : await underRedirector(argv, suppliedTunables, spec, host),
      };
    },
    async probe(spec, signal) {
      return nodeHealth(await api.client(spec), spec.nodeName, signal);
    },
  };
}

/** KubeletConfiguration, kubelet.config.k8s.io/v1beta1, with the plan's fields laid over ours. */
export function kubeletConfiguration(spec: ClusterSpec): Readonly<Record<string, unknown>> {
  const layout = stateLayout(spec.stateDirectory);
  const pki = pkiPaths(spec.stateDirectory);
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: spec.network.nodeAddress,
    port: spec.ports.kubelet,
    healthzBindAddress: "127.0.0.1",
    healthzPort: spec.ports.kubeletHealth,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: pki["ca.crt"] },
    },
    authorization: { mode: "Webhook" },
    tlsCertFile: pki["kubelet.crt"],
    tlsPrivateKeyFile: pki["kubelet.key"],
    containerRuntimeEndpoint: `unix://${layout.containerdSocket}`,
    cgroupDriver: "cgroupfs",
    cgroupRoot: spec.cgroupRoot,
    clusterDomain: "cluster.local",
    clusterDNS: [spec.network.dnsAddress],
    ...(spec.network.resolvers.some((address) => isReachable(address, spec))
      ? {}
      : { resolvConf: resolvConfPath(spec) }),
    volumePluginDir: `${layout.kubelet}/volume-plugins`,
    podLogsDir: `${layout.kubelet}/pod-logs`,
    serializeImagePulls: false,
    maxPods: 110,
    ...(spec.podProxy === undefined || spec.podProxy.authorities.length === 0
      ? {}
      : { featureGates: Object.fromEntries(trustBundleGates.map((gate) => [gate, true])) }),
    ...spec.kubelet.configuration,
  };
}

/**
 * What pods with dnsPolicy Default are given where the machine's own file would be of no use to
 * them: its name servers do not answer, or listen on a loopback that is not theirs.
 */
function resolvConfPath(spec: ClusterSpec): string {
  return `${stateLayout(spec.stateDirectory).configuration}/resolv.conf`;
}

function isReachable(address: string, { mode }: ClusterSpec): boolean {
  return mode === "host-network" || (!address.startsWith("127.") && address !== "::1");
}
