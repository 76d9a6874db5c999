import type { Component } from "../contract/component.ts";
import type { Host } from "../contract/host.ts";
import { stateLayout } from "../contract/state-layout.ts";
import { pkiPaths } from "../pki/cluster-pki.ts";
import { probeHttps } from "./https-health.ts";

/** kube-scheduler, alone and so without leader election. */
export function kubeScheduler(host: Host): Component {
  return {
    name: "kube-scheduler",
    after: ["kube-apiserver"],
    prepare(spec) {
      const layout = stateLayout(spec.stateDirectory);
      const pki = pkiPaths(spec.stateDirectory);
      const kubeconfig = `${layout.kubeconfigs}/scheduler`;
      return Promise.resolve({
        argv: [
          `${layout.programs}/kube-scheduler`,
          "--bind-address=127.0.0.1",
          `--secure-port=${String(spec.ports.scheduler)}`,
          `--kubeconfig=${kubeconfig}`,
          `--authentication-kubeconfig=${kubeconfig}`,
          `--authorization-kubeconfig=${kubeconfig}`,
          "--leader-elect=false",
          "--profiling=false",
          `--tls-cert-file=${pki["control-plane.crt"]}`,
          `--tls-private-key-file=${pki["control-plane.key"]}`,
          `--client-ca-file=${pki["ca.crt"]}`,
          `--requestheader-client-ca-file=${pki["front-proxy-ca.crt"]}`,
        ],
      });
    },
    async probe(spec, signal) {
      const authority = await host.files.readText(pkiPaths(spec.stateDirectory)["ca.crt"]);
      return probeHttps(spec.ports.scheduler, "/healthz", authority, signal);
    },
  };
}
