/** Every process that sandkube may run as part of a cluster. */
export const componentNames = [
  "kine",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "containerd",
  "kubelet",
  "coredns",
  "service-relay",
  "kwok",
  "metrics-server",
] as const;

/** The name of a component, which is also the name of its log. */
export type ComponentName = (typeof componentNames)[number];
