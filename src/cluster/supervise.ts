import { setMaxListeners } from "node:events";
import { aroundProxyVariables } from "../contract/around-proxy.ts";
import { runsContainers, type ClusterSpec } from "../contract/cluster-spec.ts";
import type { Host, ProcessIdentity } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { stateLayout } from "../contract/state-layout.ts";
import { ApiAccess } from "../components/api-access.ts";
import { dnsEndpoint } from "../components/coredns.ts";
import { addonComponents } from "../distributions/addons.ts";
import { kubernetesComponents, kubernetesPrograms } from "../distributions/kubernetes.ts";
import { importImages } from "../images/import-images.ts";
import { publishDnsService } from "../kube/cluster-dns.ts";
import { warnOfNetworkPolicies } from "../kube/network-policy-warning.ts";
import { setUpNodeNetwork, tearDownNodeNetwork } from "../network/node-network.ts";
import { ensureClusterPki, kubeletClientName } from "../pki/cluster-pki.ts";
import { sampleResources } from "../supervisor/sample-resources.ts";
import { Supervisor, type SupervisedTask } from "../supervisor/supervisor.ts";
import { addonServices, formerAddonTasks } from "./addons.ts";
import { requireClusterRecord } from "./cluster-record.ts";
import { grantServiceRelay } from "./grant-service-relay.ts";
import { makeCgroups } from "./pod-cgroups.ts";
import { podProxyTasks } from "./pod-proxy-tasks.ts";
import { proofTasks } from "./prove-remedies.ts";
import { formerModeTasks } from "./former-mode.ts";
import { hostNetworkTasks } from "./host-network.ts";
import { simulationTasks } from "./simulated-nodes.ts";
import { storageClassTasks, volumeServices } from "./volumes.ts";

/**
 * The body of the supervisor process: prepares what the components need, runs
 * them until the signal, and stops them in order. The datastore and the files
 * stay; `down` removes them.
 */
export async function supervise(stateDirectory: string, host: Host, signal: AbortSignal): Promise<void> {
  const { spec, remedies } = await requireClusterRecord("", stateDirectory, host);
  // Every component, task and watch listens to it; Node takes more than ten listeners for a leak.
  setMaxListeners(100, signal);
  using api = new ApiAccess(host);
  const supervisor: Supervisor = new Supervisor({
    spec,
    components: [...kubernetesComponents(spec.mode, host, api), ...addonComponents(spec.addons, host, api)],
    tasks: [
      ...tasksOf(spec, host, api),
      ...proofTasks(spec, remedies, host, (id, proof) => {
        supervisor.prove(id, proof);
      }),
    ],
    services: [...volumeServices(spec, host, api), ...addonServices(spec, host, api)],
    host,
    environment: componentEnvironment(spec, host),
  });
  try {
    await supervisor.prepare("certificates", () => ensureClusterPki(spec, host));
    await linkPrograms(spec, host);
    if (spec.mode === "node") await supervisor.prepare("pod network", () => setUpNodeNetwork(spec, host, signal));
    if (runsContainers(spec.mode)) await makeCgroups(spec, host);
    await using _sampling = await startSampling(supervisor, stateLayout(stateDirectory).resources, host);
    await supervisor.run(signal);
  } catch (error) {
    if (!signal.aborted) {
      const known = error instanceof SandkubeError;
      await supervisor.fail({
        title: known ? error.title : "The supervisor failed",
        message: error instanceof Error ? error.message : String(error),
        ...(known && error.hint !== undefined ? { hint: error.hint } : {}),
      });
      throw error;
    }
  } finally {
    await supervisor.stop();
    if (spec.mode === "node") await tearDownNodeNetwork(spec, host, AbortSignal.timeout(5000));
  }
}

/** Samples what the supervisor and its components use, until disposal. */
async function startSampling(supervisor: Supervisor, path: string, host: Host): Promise<AsyncDisposable> {
  const self = await host.processes.self();
  const running = (): ReadonlyMap<string, ProcessIdentity> =>
    new Map<string, ProcessIdentity>([["supervisor", self], ...supervisor.running()]);
  const over = new AbortController();
  const sampling = sampleResources(running, path, host, over.signal);
  return {
    [Symbol.asyncDispose]: async () => {
      over.abort();
      await sampling;
    },
  };
}

function tasksOf(spec: ClusterSpec, host: Host, api: ApiAccess): readonly SupervisedTask[] {
  const everywhere: readonly SupervisedTask[] = [
    ...formerModeTasks(spec, api),
    {
      name: "NetworkPolicy warning",
      after: ["kube-apiserver"],
      run: async (signal) => {
        await warnOfNetworkPolicies(await api.client(spec), signal);
      },
    },
    ...podProxyTasks(spec, host, api),
    ...formerAddonTasks(spec, api),
  ];
  if (spec.mode === "control-plane") return everywhere;
  const withNodes = [...everywhere, ...storageClassTasks(spec, api)];
  if (spec.mode === "simulated") return [...withNodes, ...simulationTasks(spec, api)];
  return [
    ...withNodes,
    ...(spec.mode === "host-network" ? hostNetworkTasks(spec, host, api) : []),
    {
      name: "images",
      after: ["containerd"],
      run: async (signal) => {
        await importImages(
          {
            ctr: spec.binaries.ctr,
            address: stateLayout(spec.stateDirectory).containerdSocket,
            namespace: "k8s.io",
            snapshotter: spec.containerd.snapshotter,
            host,
            signal,
          },
          spec.images.map((path) => ({ path, pinned: true })),
        );
      },
    },
    {
      name: "DNS service",
      after: ["kube-apiserver"],
      run: async (signal) => {
        const { dnsAddress: clusterIp } = spec.network;
        await publishDnsService(await api.client(spec), { clusterIp, endpoint: dnsEndpoint(spec) }, signal);
      },
    },
    {
      name: "kubelet access",
      after: ["kube-apiserver"],
      run: async (signal) => {
        // kubeadm gives its client system:masters; the role made for the purpose is enough.
        const client = await api.client(spec);
        await client.createIfAbsent(
          "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
          {
            apiVersion: "rbac.authorization.k8s.io/v1",
            kind: "ClusterRoleBinding",
            metadata: { name: kubeletClientName },
            roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:kubelet-api-admin" },
            subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: kubeletClientName }],
          },
          signal,
        );
      },
    },
    {
      name: "service relay access",
      after: ["kube-apiserver"],
      run: async (signal) => {
        await grantServiceRelay(await api.client(spec), signal);
      },
    },
  ];
}

/** The multi-call binary under each program's name, and what containerd looks for on its PATH. */
async function linkPrograms(spec: ClusterSpec, host: Host): Promise<void> {
  const { programs } = stateLayout(spec.stateDirectory);
  await host.files.remove(programs);
  await host.files.makeDirectory(programs);
  const links: [string, string][] = kubernetesPrograms.map((name) => [name, spec.binaries.kubernetes]);
  if (runsContainers(spec.mode)) {
    for (const name of ["containerd-shim-runc-v2", "runc", "sandkube-cni", "ctr"] as const) {
      links.push([name, spec.binaries[name]]);
    }
  }
  await Promise.all(links.map(([name, target]) => host.files.makeLink(target, `${programs}/${name}`)));
}

/**
 * Nothing of the user's own environment reaches a component but what it needs to reach registries. A proxy there is none
 * between components: everything that client-go and the API server ask would go through it.
 */
function componentEnvironment(spec: ClusterSpec, host: Host): Record<string, string> {
  const passed = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "TZ"];
  return {
    PATH: `${stateLayout(spec.stateDirectory).programs}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    HOME: "/root",
    ...Object.fromEntries(passed.flatMap((name) => (host.environment[name] ? [[name, host.environment[name]]] : []))),
    ...aroundProxyVariables(host.environment, spec),
  };
}
