import { ApiAccess } from "../components/api-access.ts";
import { containerd } from "../components/containerd.ts";
import { coredns } from "../components/coredns.ts";
import { kine } from "../components/kine.ts";
import { kubeApiServer } from "../components/kube-apiserver.ts";
import { kubeControllerManager } from "../components/kube-controller-manager.ts";
import { kubeScheduler } from "../components/kube-scheduler.ts";
import { kubelet } from "../components/kubelet.ts";
import { kwok } from "../components/kwok.ts";
import { serviceRelay } from "../components/service-relay.ts";
import type { BinaryName, ClusterMode } from "../contract/cluster-spec.ts";
import type { Component } from "../contract/component.ts";
import type { Host } from "../contract/host.ts";

/** The binaries that a mode needs. */
export function kubernetesBinaries(mode: ClusterMode): readonly BinaryName[] {
  const controlPlane = ["kubernetes", "kine"] as const;
  switch (mode) {
    case "control-plane":
      return controlPlane;
    case "simulated":
      return [...controlPlane, "kwok"];
    case "node":
    case "host-network":
      return [...controlPlane, "containerd", "containerd-shim-runc-v2", "ctr", "runc", "sandkube-cni", "coredns"];
  }
}

/** The programs inside the multi-call `kubernetes` binary. */
export const kubernetesPrograms = [
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubelet",
  "kubectl",
] as const;

/** Upstream Kubernetes: the components of a cluster, in the order in which they are shown. */
export function kubernetesComponents(mode: ClusterMode, host: Host, api: ApiAccess): readonly Component[] {
  const controlPlane = [kine(host), kubeApiServer(api), kubeControllerManager(host), kubeScheduler(host)];
  switch (mode) {
    case "control-plane":
      return controlPlane;
    case "simulated":
      return [...controlPlane, kwok(host, api)];
    case "node":
    case "host-network":
      return [...controlPlane, containerd(host), kubelet(host, api), coredns(host, api), serviceRelay(host)];
  }
}
