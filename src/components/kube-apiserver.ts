import { runsContainers, type ClusterSpec } from "../contract/cluster-spec.ts";
import type { Component } from "../contract/component.ts";
import { stateLayout } from "../contract/state-layout.ts";
import { pkiPaths } from "../pki/cluster-pki.ts";
import { trustBundleGates } from "../kube/trust-bundle.ts";
import type { ApiAccess } from "./api-access.ts";

/** kube-apiserver, with Node and RBAC authorization and no anonymous access. */
export function kubeApiServer(api: ApiAccess): Component {
  return {
    name: "kube-apiserver",
    after: ["kine"],
    prepare(spec) {
      const layout = stateLayout(spec.stateDirectory);
      const pki = pkiPaths(spec.stateDirectory);
      return Promise.resolve({
        argv: [
          `${layout.programs}/kube-apiserver`,
          `--etcd-servers=unix://${layout.kineSocket}`,
          `--bind-address=${spec.api.bindAddress}`,
          `--advertise-address=${spec.api.advertiseAddress}`,
          `--secure-port=${String(spec.ports.api)}`,
          `--service-cluster-ip-range=${spec.network.serviceCidr}`,
          "--authorization-mode=Node,RBAC",
          "--enable-admission-plugins=NodeRestriction",
          "--anonymous-auth=false",
          "--allow-privileged=true",
          "--profiling=false",
          `--client-ca-file=${pki["ca.crt"]}`,
          `--tls-cert-file=${pki["apiserver.crt"]}`,
          `--tls-private-key-file=${pki["apiserver.key"]}`,
          `--kubelet-certificate-authority=${pki["ca.crt"]}`,
          `--kubelet-client-certificate=${pki["apiserver-kubelet-client.crt"]}`,
          `--kubelet-client-key=${pki["apiserver-kubelet-client.key"]}`,
          // The node's host name resolves nowhere in a sandbox.
          "--kubelet-preferred-address-types=InternalIP",
          "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
          `--service-account-key-file=${pki["service-account.pub"]}`,
          `--service-account-signing-key-file=${pki["service-account.key"]}`,
          `--requestheader-client-ca-file=${pki["front-proxy-ca.crt"]}`,
          "--requestheader-allowed-names=front-proxy-client",
          "--requestheader-extra-headers-prefix=X-Remote-Extra-",
          "--requestheader-group-headers=X-Remote-Group",
          "--requestheader-username-headers=X-Remote-User",
          `--proxy-client-cert-file=${pki["front-proxy-client.crt"]}`,
          `--proxy-client-key-file=${pki["front-proxy-client.key"]}`,
          ...trustBundleFlags(spec),
          // An endpoint may not be a loopback address (ValidateNonSpecialIP in pkg/apis/core/validation/validation.go),
          // and without pods that run nobody asks for the service "kubernetes".
          ...(!runsContainers(spec.mode) ? ["--endpoint-reconciler-type=none"] : []),
        ],
      });
    },
    probe: (spec, signal) => api.probe(spec, "/readyz", signal),
  };
}

/** Serves the bundles of authorities that pods may mount, where any are given to pods. */
function trustBundleFlags({ podProxy }: ClusterSpec): readonly string[] {
  if (podProxy === undefined || podProxy.authorities.length === 0) return [];
  return [
    `--feature-gates=${trustBundleGates.map((gate) => `${gate}=true`).join()}`,
    "--runtime-config=certificates.k8s.io/v1beta1/clustertrustbundles=true",
  ];
}
