import type { ComponentName } from "./component-name.ts";

/** What kind of cluster to run, the fullest first; plan/ladder.ts says what each gives. */
export const clusterModes = ["node", "host-network", "simulated", "control-plane"] as const;

/** One of {@link clusterModes}. */
export type ClusterMode = (typeof clusterModes)[number];

/** Whether this machine is a node of the cluster: containers run on it. */
export function runsContainers(mode: ClusterMode): boolean {
  return mode === "node" || mode === "host-network";
}

/** The names of the nodes that a cluster has, real or simulated. */
export function nodesOf({
  mode,
  nodeName,
  simulatedNodes = [],
}: Pick<ClusterSpec, "mode" | "nodeName" | "simulatedNodes">): readonly string[] {
  return runsContainers(mode) ? [nodeName] : simulatedNodes;
}

/** A mount made in the node's private mount namespace, in order. Gone with its last process. */
export type NodeMount = NodeMountKind & {
  /** The id of the remedy that asks for it; undefined where every node has it. */
  readonly remedy?: string;
};

type NodeMountKind =
  | { readonly kind: "tmpfs"; readonly target: string; readonly sizeBytes?: number }
  | { readonly kind: "bind"; readonly source: string; readonly target: string }
  /**
   * Covers a directory with a tmpfs that holds live bind mounts of everything
   * that was there, and the listed files (name -> content) added or replaced.
   */
  | { readonly kind: "supplement"; readonly target: string; readonly files: Readonly<Record<string, string>> }
  | { readonly kind: "cgroup-v1"; readonly target: string; readonly controllers: string };

/** How packets of pods leave the machine. */
export type Egress =
  | { readonly kind: "none"; readonly because: string }
  /** They are packets of the machine itself. */
  | { readonly kind: "machine" }
  /** `masquerade` needs the extension; `snat` names the address that is used instead. */
  | { readonly kind: "masquerade"; readonly iptables: string; readonly link: string }
  | { readonly kind: "snat"; readonly iptables: string; readonly link: string; readonly address: string };

/** What can run besides the cluster itself, by name (distributions/addons.ts). */
export const addonNames = ["metrics-server"] as const;

/** One of {@link addonNames}. */
export type AddonName = (typeof addonNames)[number];

/** The add-ons of a cluster, each with what it was given. */
export interface AddonSettings {
  readonly "metrics-server"?: MetricsServerSettings;
}

/** Where metrics-server listens and where it has its figures from. */
export interface MetricsServerSettings {
  readonly port: number;
  /** Where figures that are read from cgroups are served. */
  readonly figuresPort: number;
  readonly figures:
    | { readonly from: "kubelet" }
    /** The directories at which the two controllers of version 1 are mounted. */
    | { readonly from: "cgroups"; readonly cpuacct: string; readonly memory: string };
}

/** The proxy that new pods are told of. */
export interface PodProxy {
  /** Where requests for http: addresses go, as a URL that may hold a password. Not given: nowhere but to their target. */
  readonly http?: string;
  /** The same for https: addresses. */
  readonly https?: string;
  /** What is reached without it besides the cluster itself, in the forms of NO_PROXY. */
  readonly bypass: readonly string[];
  /** Files with the certificates of the authorities that new pods trust. None: whatever their images trust. */
  readonly authorities: readonly string[];
}

/** How one registry is reached from here. */
export interface RegistryRoute {
  /** As names of images say it: `registry.k8s.io`, `docker.io`, `registry.example:5000`. */
  readonly registry: string;
  /** Addresses where its images are looked for before it is asked itself, in this order. */
  readonly mirrors: readonly string[];
  /** A file with the certificates of authorities that are trusted besides the machine's, by mirrors and registry. */
  readonly authority?: string;
  /** Whether the registry itself is asked by http:. Default: https:. */
  readonly plainHttp?: boolean;
}

/**
 * A cluster, wholly decided: what runs, where, with which settings. It is made
 * from the user's options, adjusted by remedies, kept in the state directory and
 * carried out by the supervisor.
 */
export interface ClusterSpec {
  readonly name: string;
  /** A random id that marks every process of this cluster (SANDKUBE_CLUSTER). */
  readonly id: string;
  readonly mode: ClusterMode;
  readonly stateDirectory: string;
  readonly kubernetesVersion: string;
  readonly nodeName: string;
  /** Nodes that exist in the API only, of the mode `simulated`. */
  readonly simulatedNodes?: readonly string[];
  /** Whether the datastore holds what an earlier start of this cluster made. Default: it is new. */
  readonly isKept?: boolean;
  /** Nodes of the kept state, of another mode, which are not there any more. */
  readonly formerNodes?: readonly string[];
  /** Absolute paths of the binaries. */
  readonly binaries: Readonly<Record<BinaryName, string>>;
  /** Image archives that are imported before the node is called usable. */
  readonly images: readonly string[];
  /** The registries that are not reached as their names say. Default: none. */
  readonly registries?: readonly RegistryRoute[];
  readonly api: {
    readonly bindAddress: string;
    readonly advertiseAddress: string;
    /** Further names and addresses in the serving certificate. */
    readonly subjectAltNames: readonly string[];
  };
  /** TCP ports that the components listen on. */
  readonly ports: {
    readonly api: number;
    readonly controllerManager: number;
    readonly scheduler: number;
    readonly kubelet: number;
    readonly kubeletHealth: number;
  };
  readonly network: {
    /** Begins the names of the node's ends of the pods' links. */
    readonly linkPrefix: string;
    readonly podCidr: string;
    readonly serviceCidr: string;
    /** The addresses of services of type LoadBalancer. */
    readonly loadBalancerCidr: string;
    /** The node's address: the gateway of every pod or, where pods share the machine's network, the machine's own. */
    readonly nodeAddress: string;
    readonly dnsAddress: string;
    /** The machine's name servers, which are asked for names outside the cluster; none: such names do not exist. */
    readonly resolvers: readonly string[];
    readonly egress: Egress;
    /** The iptables programs whose rules would not pass packets of pods on unasked. Default: none. */
    readonly acceptForwardingBy?: readonly string[];
  };
  /** Not given: pods are told of none. */
  readonly podProxy?: PodProxy;
  /** What runs besides the cluster itself, by name. Default: nothing. */
  readonly addons?: AddonSettings;
  readonly kubelet: {
    /** Fields of KubeletConfiguration (kubelet.config.k8s.io/v1beta1) that differ from ours or upstream's. */
    readonly configuration: Readonly<Record<string, unknown>>;
    /** What it finds in place of files under /proc/sys, by their path there: it runs under proc-sys-redirector. Default: nothing. */
    readonly suppliedTunables?: Readonly<Record<string, string>>;
  };
  /** The cgroup below which every pod of this cluster runs, as an absolute cgroup path. */
  readonly cgroupRoot: string;
  readonly containerd: {
    /** Holds images and snapshots. */
    readonly rootDirectory: string;
    readonly snapshotter: "overlayfs" | "native";
    readonly unprivilegedPorts: boolean;
    readonly unprivilegedIcmp: boolean;
    /** The image of pod sandboxes, which is imported and never pulled. */
    readonly pauseImage: string;
    /** runc's --no-new-keyring. */
    readonly noNewKeyring: boolean;
    /** containerd's restrict_oom_score_adj: containers get no lower score than containerd itself has. Default: false. */
    readonly restrictOomScoreAdj?: boolean;
    /** Takes the pid namespace out of every container, at the OCI boundary. */
    readonly sharedPidNamespace?: boolean;
  };
  /** A command line that starts a component in the place of the component's own, which follows it. Default: none. */
  readonly launchers?: Readonly<Partial<Record<ComponentName, readonly [string, ...string[]]>>>;
  /** Mounts of the node's private mount namespace. */
  readonly mounts: readonly NodeMount[];
  /** Whether the node's processes get a mount namespace of their own. */
  readonly privateMounts: boolean;
}

/** The binaries a cluster may need. */
export type BinaryName =
  | "kubernetes"
  | "kine"
  | "containerd"
  | "containerd-shim-runc-v2"
  | "ctr"
  | "runc"
  | "sandkube-cni"
  | "coredns"
  | "proc-sys-redirector"
  | "kwok"
  | "metrics-server";
