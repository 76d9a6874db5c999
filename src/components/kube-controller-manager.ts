import type { Component } from "../contract/component.ts";
import type { Host } from "../contract/host.ts";
import { stateLayout } from "../contract/state-layout.ts";
import { pkiPaths } from "../pki/cluster-pki.ts";
import { probeHttps } from "./https-health.ts";

/** kube-controller-manager, alone and so without leader election. */
export function kubeControllerManager(host: Host): Component {
  return {
    name: "kube-controller-manager",
    after: ["kube-apiserver"],
    prepare(spec) {
      const layout = stateLayout(spec.stateDirectory);
      const pki = pkiPaths(spec.stateDirectory);
      const kubeconfig = `${layout.kubeconfigs}/controller-manager`;
      return Promise.resolve({
        argv: [
          `${layout.programs}/kube-controller-manager`,
          "--bind-address=127.0.0.1",
          `--secure-port=${String(spec.ports.controllerManager)}`,
          `--kubeconfig=${kubeconfig}`,
          `--authentication-kubeconfig=${kubeconfig}`,
          `--authorization-kubeconfig=${kubeconfig}`,
          "--leader-elect=false",
          "--use-service-account-credentials=true",
          // Before any of its controllers works, each asks for an account and a token of its own. At the 20 requests a second of
          // https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/controller/apis/config/v1alpha1/defaults.go#L59 that takes 4 s.
          "--kube-api-qps=200",
          "--kube-api-burst=400",
          "--profiling=false",
          `--tls-cert-file=${pki["control-plane.crt"]}`,
          `--tls-private-key-file=${pki["control-plane.key"]}`,
          `--root-ca-file=${pki["ca.crt"]}`,
          `--client-ca-file=${pki["ca.crt"]}`,
          `--requestheader-client-ca-file=${pki["front-proxy-ca.crt"]}`,
          `--service-account-private-key-file=${pki["service-account.key"]}`,
          `--cluster-signing-cert-file=${pki["ca.crt"]}`,
          `--cluster-signing-key-file=${pki["ca.key"]}`,
          `--service-cluster-ip-range=${spec.network.serviceCidr}`,
        ],
      });
    },
    async probe(spec, signal) {
      const authority = await host.files.readText(pkiPaths(spec.stateDirectory)["ca.crt"]);
      return probeHttps(spec.ports.controllerManager, "/healthz", authority, signal);
    },
  };
}
