import { createHash, randomUUID } from "node:crypto";
import { addressIn } from "../contract/address-range.ts";
import {
  nodesOf,
  runsContainers,
  type AddonSettings,
  type ClusterMode,
  type ClusterSpec,
  type Egress,
  type RegistryRoute,
} from "../contract/cluster-spec.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { stateLayout } from "../contract/state-layout.ts";
import type { ClusterConfig } from "./cluster-options.ts";

/** What the specification is made of besides the user's wishes. */
export interface SpecInputs {
  readonly name: string;
  readonly mode: ClusterMode;
  readonly stateDirectory: string;
  readonly config: ClusterConfig;
  readonly ports: ClusterSpec["ports"];
  readonly addons: AddonSettings;
  readonly binaries: ClusterSpec["binaries"];
  readonly kubernetesVersion: string;
  readonly pauseImage: string;
  readonly images: readonly string[];
  readonly registries: readonly RegistryRoute[];
  readonly egress: Egress;
  /** The address that others know this machine by; undefined where it has none. */
  readonly machineAddress: string | undefined;
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

/**
 * The specification of a cluster on a machine that lacks nothing; remedies adjust it.
 *
 * @throws SandkubeError (usage, conflict) where services cannot have the addresses that the user or the kept state wants
 */
export function makeSpec(inputs: SpecInputs): ClusterSpec {
  const { name, mode, config, previous } = inputs;
  const layout = stateLayout(inputs.stateDirectory);
  const network = chooseNetwork(inputs);
  const bindAddress = config.api?.address ?? (runsContainers(mode) ? network.nodeAddress : "127.0.0.1");
  const base = {
    mode,
    nodeName: nodeName(name, mode),
    ...(mode === "simulated" ? { simulatedNodes: simulatedNodes(name) } : {}),
  };
  return {
    name,
    id: previous?.id ?? randomUUID(),
    ...base,
    stateDirectory: inputs.stateDirectory,
    kubernetesVersion: inputs.kubernetesVersion,
    isKept: previous !== undefined,
    formerNodes: formerNodes(previous, nodesOf(base)),
    binaries: inputs.binaries,
    images: inputs.images,
    registries: inputs.registries,
    api: {
      bindAddress,
      // Pods reach the API server at the node's address; without a node nobody uses the advertised one.
      advertiseAddress: runsContainers(mode) ? network.nodeAddress : bindAddress,
      subjectAltNames: config.api?.subjectAltNames ?? [],
    },
    ports: inputs.ports,
    addons: inputs.addons,
    network: { ...network, egress: egressOf(inputs) },
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
    mounts: runsContainers(mode) ? upstreamDirectories.map((target) => ({ kind: "tmpfs", target })) : [],
    privateMounts: runsContainers(mode),
  };
}

function egressOf({ mode, egress }: SpecInputs): Egress {
  if (mode === "host-network") return { kind: "machine" };
  return runsContainers(mode) ? egress : { kind: "none", because: "there is no node" };
}

/** Three, so that replicas which want a node each (anti-affinity, topology spread) get one. */
function simulatedNodes(cluster: string): readonly string[] {
  return [1, 2, 3].map((number) => `sandkube-${cluster}-simulated-${String(number)}`);
}

/** Each kind of node has a name of its own: what a kept state says of one is not true of the other. */
function nodeName(cluster: string, mode: ClusterMode): string {
  return mode === "host-network" ? `sandkube-${cluster}-host-network` : `sandkube-${cluster}`;
}

/** They stay on the list, since an `up` may have been killed before it forgot them. */
function formerNodes(previous: ClusterSpec | undefined, nodes: readonly string[]): readonly string[] {
  if (previous === undefined) return [];
  const known = new Set([...(previous.formerNodes ?? []), ...nodesOf(previous)]);
  return [...known].filter((name) => !nodes.includes(name));
}

function chooseNetwork(inputs: SpecInputs): Omit<ClusterSpec["network"], "egress"> {
  const { name, mode, config, resolvers, localAddresses, machineAddress, previous } = inputs;
  const used = new Set(localAddresses);
  let index = 0;
  while (used.has(`10.244.${String(index)}.1`) && index < 100) index++;
  const podCidr = config.network?.podCidr ?? previous?.network.podCidr ?? `10.244.${String(index)}.0/24`;
  // Any address of 127.0.0.0/8 can be listened on without a right to add it to lo (RFC 1122, 3.2.1.3).
  const first = mode === "host-network" ? "127" : "10";
  const serviceCidr =
    config.network?.serviceCidr ?? previous?.network.serviceCidr ?? `${first}.${String(96 + index)}.0.0/16`;
  if (runsContainers(mode)) requireReachable(serviceCidr, inputs);
  // The address that kubeadm and k3s give to DNS: the tenth of the service range.
  const dnsAddress = addressIn(serviceCidr, 10);
  return {
    linkPrefix: linkPrefix(name),
    podCidr,
    serviceCidr,
    loadBalancerCidr: previous?.network.loadBalancerCidr ?? `${first}.245.${String(index)}.0/24`,
    nodeAddress: (mode === "host-network" ? machineAddress : undefined) ?? addressIn(podCidr, 1),
    dnsAddress,
    // A machine that was told to use a cluster's DNS must not be asked what it then asks the cluster.
    resolvers: resolvers.filter((address) => address !== dnsAddress),
  };
}

/** Pods with a network of their own do not reach 127.0.0.0/8 of the node, and where they share the machine's nothing else is served. */
function requireReachable(serviceCidr: string, { mode, config }: SpecInputs): void {
  const [wanted, other] =
    mode === "host-network" ? ["within 127.0.0.0/8", "node"] : ["outside 127.0.0.0/8", "host-network"];
  if (serviceCidr.startsWith("127.") === (mode === "host-network")) return;
  const asked = config.network?.serviceCidr !== undefined;
  throw new SandkubeError({
    title: "Services cannot have these addresses",
    message: asked
      ? `The config asks for ${serviceCidr}; in the mode ${mode} services have addresses ${wanted}.`
      : `The kept state has services in ${serviceCidr}; in the mode ${mode} they have addresses ${wanted}.`,
    hint: asked
      ? `Take a range ${wanted}, or leave network.serviceCidr out.`
      : `Take the mode ${other}, or begin anew: sandkube down.`,
    exit: asked ? "usage" : "conflict",
  });
}

/** A link's name has at most 15 characters (IFNAMSIZ), of which our CNI plugin needs seven. */
function linkPrefix(name: string): string {
  return `sk${createHash("sha256").update(name).digest("hex").slice(0, 5)}-`;
}
