/** Where everything of a cluster lies below its state directory. Pure. */
export interface StateLayout {
  readonly root: string;
  /** The cluster's record: version, specification, plan. */
  readonly record: string;
  /** What the supervisor last said of its components. */
  readonly supervisorState: string;
  /** The same of a cluster that was stopped and whose state was kept. */
  readonly lastSupervisorState: string;
  /** The facts that `up` planned for. */
  readonly facts: string;
  /** What `verify` found last. */
  readonly verification: string;
  /** What the components used over time. */
  readonly resources: string;
  /** The administrator's kubeconfig. */
  readonly kubeconfig: string;
  readonly pki: string;
  readonly kubeconfigs: string;
  readonly configuration: string;
  /** Programs under their upstream names, first on the PATH of every component. */
  readonly programs: string;
  readonly logs: string;
  /** Sockets and other things that mean nothing after a stop. */
  readonly runtime: string;
  readonly datastore: string;
  readonly kubelet: string;
  readonly containerd: string;
  /** A directory for each PersistentVolume. */
  readonly volumes: string;
  readonly cniLeases: string;
  /** The mount points outside the state directory that had to be made, a line each. */
  readonly madeDirectories: string;
  /** The remedy whose mounts could not be made; absent where all were. */
  readonly failedRemedy: string;
  /** What a traced component finds in place of files under /proc/sys. */
  readonly suppliedTunables: string;
  readonly kineSocket: string;
  readonly containerdSocket: string;
  readonly serviceRelaySocket: string;
}

/** Lays out a state directory. */
export function stateLayout(root: string): StateLayout {
  return {
    root,
    record: `${root}/cluster.json`,
    supervisorState: `${root}/supervisor.json`,
    lastSupervisorState: `${root}/last-supervisor.json`,
    facts: `${root}/facts.json`,
    verification: `${root}/verification.json`,
    resources: `${root}/resources.json`,
    kubeconfig: `${root}/kubeconfig`,
    pki: `${root}/pki`,
    kubeconfigs: `${root}/kubeconfigs`,
    configuration: `${root}/configuration`,
    programs: `${root}/bin`,
    logs: `${root}/logs`,
    runtime: `${root}/run`,
    datastore: `${root}/datastore`,
    kubelet: `${root}/kubelet`,
    containerd: `${root}/containerd`,
    volumes: `${root}/volumes`,
    cniLeases: `${root}/cni`,
    madeDirectories: `${root}/made-directories`,
    failedRemedy: `${root}/run/failed-remedy`,
    suppliedTunables: `${root}/run/proc-sys`,
    kineSocket: `${root}/run/kine.sock`,
    containerdSocket: `${root}/run/containerd.sock`,
    serviceRelaySocket: `${root}/run/service-relay.sock`,
  };
}
