import { createHash, randomUUID } from "node:crypto";
import { addressIn } from "../contract/address-range.ts";
import type { ClusterMode, ClusterSpec, Egress } from "../contract/cluster-spec.ts";
import { stateLayout } from "../contract/state-layout.ts";
import type { ClusterConfig } from "./cluster-options.ts";

/** What the specification is made of besides the user's wishes. */
export interface SpecInputs {
  readonly name: string;
  readonly mode: ClusterMode;
  readonly stateDirectory: string;
  readonly config: ClusterConfig;
  readonly ports: ClusterSpec["ports"];
  readonly binaries: ClusterSpec["binaries"];
  readonly kubernetesVersion: string;
  readonly pauseImage: string;
  readonly images: readonly string[];
  readonly egress: Egress;
  /** The machine's name servers. */
  readonly resolvers: readonly string[];
  /** The addresses this machine has, so that a second cluster's ranges differ from the first's. */
  readonly localAddresses: readonly string[];
  /** The specification of the kept state, whose identity and addresses go on. */
  readonly previous: ClusterSpec | undefined;
}

/**
 * Directories that upstream programs write to whatever they are told: containerd
 * (shim sockets, runc's state), libcni (its cache), the kubelet (device plugins).
 * Each node has its own, so that clusters do not meet there and nothing is left.
 */
const upstreamDirectories = ["/run/containerd", "/var/lib/cni", "/var/lib/kubelet"] as const;

/** The specification of a cluster on a machine that lacks nothing; remedies adjust it. */
export function makeSpec(inputs: SpecInputs): ClusterSpec {
  const { name, mode, config, previous } = inputs;
  const layout = stateLayout(inputs.stateDirectory);
  const network = chooseNetwork(inputs);
  const bindAddress = config.api?.address ?? (mode === "node" ? network.nodeAddress : "127.0.0.1");
  return {
    name,
    id: previous?.id ?? randomUUID(),
    mode,
    stateDirectory: inputs.stateDirectory,
    kubernetesVersion: inputs.kubernetesVersion,
    nodeName: `sandkube-${name}`,
    ...(mode === "simulated" ? { simulatedNodes: simulatedNodes(name) } : {}),
    formerNodes: previous === undefined || previous.mode === mode ? [] : nodesOf(previous),
    binaries: inputs.binaries,
    images: inputs.images,
    api: {
      bindAddress,
      // Pods reach the API server at the node's address; without a node nobody uses the advertised one.
      advertiseAddress: mode === "node" ? network.nodeAddress : bindAddress,
      subjectAltNames: config.api?.subjectAltNames ?? [],
    },
    ports: inputs.ports,
    network: { ...network, egress: mode === "node" ? inputs.egress : { kind: "none", because: "there is no node" } },
    kubelet: { configuration: {} },
    cgroupRoot: `/sandkube/${name}`,
    containerd: {
      rootDirectory: layout.containerd,
      snapshotter: "overlayfs",
      unprivilegedPorts: true,
      unprivilegedIcmp: true,
      pauseImage: inputs.pauseImage,
      noNewKeyring: false,
    },
    mounts: mode === "node" ? upstreamDirectories.map((target) => ({ kind: "tmpfs", target })) : [],
    privateMounts: mode === "node",
  };
}

/** Three, so that replicas which want a node each (anti-affinity, topology spread) get one. */
function simulatedNodes(cluster: string): readonly string[] {
  return [1, 2, 3].map((number) => `sandkube-${cluster}-simulated-${String(number)}`);
}

function nodesOf({ mode, nodeName, simulatedNodes = [] }: ClusterSpec): readonly string[] {
  return mode === "node" ? [nodeName] : simulatedNodes;
}

function chooseNetwork({
  name,
  config,
  resolvers,
  localAddresses,
  previous,
}: SpecInputs): Omit<ClusterSpec["network"], "egress"> {
  const used = new Set(localAddresses);
  let index = 0;
  while (used.has(`10.244.${String(index)}.1`) && index < 100) index++;
  const podCidr = config.network?.podCidr ?? previous?.network.podCidr ?? `10.244.${String(index)}.0/24`;
  const serviceCidr = config.network?.serviceCidr ?? previous?.network.serviceCidr ?? `10.${String(96 + index)}.0.0/16`;
  // The address that kubeadm and k3s give to DNS: the tenth of the service range.
  const dnsAddress = addressIn(serviceCidr, 10);
  return {
    linkPrefix: linkPrefix(name),
    podCidr,
    serviceCidr,
    loadBalancerCidr: previous?.network.loadBalancerCidr ?? `10.245.${String(index)}.0/24`,
    nodeAddress: addressIn(podCidr, 1),
    dnsAddress,
    // A machine that was told to use a cluster's DNS must not be asked what it then asks the cluster.
    resolvers: resolvers.filter((address) => address !== dnsAddress),
  };
}

/** A link's name has at most 15 characters (IFNAMSIZ), of which our CNI plugin needs seven. */
function linkPrefix(name: string): string {
  return `sk${createHash("sha256").update(name).digest("hex").slice(0, 5)}-`;
}
