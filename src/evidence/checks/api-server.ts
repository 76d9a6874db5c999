import type { ComponentName } from "../../contract/component-name.ts";
import type { ClusterMode } from "../../contract/cluster-spec.ts";
import { judge, proved, refuted, type Check } from "../check.ts";
import type { SupervisedComponent } from "../workspace.ts";

/** `api-version` */
export const apiVersion: Check = {
  id: "api-version",
  claim: "The API server and kubectl are the Kubernetes version that sandkube says",
  scope: "cluster",
  async run(cluster) {
    const { gitVersion: server } = await cluster.read<{ gitVersion: string }>("/version");
    cluster.exhibit("GET /version", server);
    const said = await cluster.kubectl(["version", "--client", "-o", "json"]);
    const { clientVersion } = JSON.parse(said.stdout) as { clientVersion: { gitVersion: string } };
    const { kubernetesVersion: wanted } = cluster.spec;
    return judge(
      server === wanted && clientVersion.gitVersion === wanted,
      `the API server says ${server} and kubectl ${clientVersion.gitVersion}; claimed is ${wanted}`,
    );
  },
};

/** `api-ready` */
export const apiReady: Check = {
  id: "api-ready",
  claim: "The API server calls itself live and ready, each of its checks included",
  scope: "cluster",
  alone: true,
  async run(cluster) {
    try {
      const asked = await Promise.all(
        ["/livez", "/readyz"].map((path) => cluster.ask(cluster.client, `${path}?verbose`)),
      );
      const failing = asked.flatMap(({ text }) => text.split("\n").filter((line) => line.startsWith("[-]")));
      return judge(
        asked.every(({ status }) => status === 200) && failing.length === 0,
        failing.length === 0
          ? `/livez and /readyz answer ${asked.map(({ status }) => status).join(" and ")}`
          : failing.join("; "),
      );
    } catch (error) {
      return refuted(`the API server does not answer: ${(error as Error).message}`);
    }
  },
};

const controlPlane: readonly ComponentName[] = ["kine", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];

/** What has to run, said here once more so that a component which nobody started is missed. */
const node: readonly ComponentName[] = [...controlPlane, "containerd", "kubelet", "coredns", "service-relay"];
const wantedComponents: Readonly<Record<ClusterMode, readonly ComponentName[]>> = {
  node,
  "host-network": node,
  simulated: [...controlPlane, "kwok"],
  "control-plane": controlPlane,
};

/** `components-alive` */
export const componentsAlive: Check = {
  id: "components-alive",
  claim: "Every process of the cluster is alive, is this cluster's own and serves",
  scope: "cluster",
  alone: true,
  async run(cluster) {
    const { host, spec, components } = cluster;
    const seen = await Promise.all(
      components.map(async (component) => {
        const { process } = component;
        const alive = process !== undefined && (await host.processes.isAlive(process));
        const stopped = alive && (await host.processes.status(process.pid))?.stopped === true;
        const environment = alive ? await host.processes.environment(process.pid) : undefined;
        return { component, alive, stopped, mark: environment?.["SANDKUBE_CLUSTER"] };
      }),
    );
    const wanted = wantedComponents[spec.mode];
    const wrong = wrongComponents(wanted, seen, spec.id);
    for (const { component } of seen) {
      const { name, process, state, restarts } = component;
      cluster.exhibit(
        `supervisor.json: ${name}`,
        `pid ${String(process?.pid ?? "-")}, ${state}, ${String(restarts)} restarts`,
      );
    }
    return wrong.length === 0
      ? proved(`all ${String(wanted.length)} run: ${wanted.join(", ")}`)
      : refuted(wrong.join("; "));
  },
};

/** A component and what was found at its process id. */
export interface SeenComponent {
  readonly component: SupervisedComponent;
  readonly alive: boolean;
  readonly stopped: boolean;
  /** The cluster that the process belongs to, by its environment. */
  readonly mark: string | undefined;
}

/** What is wrong with the components, a sentence each. Pure. */
export function wrongComponents(
  wanted: readonly ComponentName[],
  seen: readonly SeenComponent[],
  clusterId: string,
): readonly string[] {
  return wanted.flatMap((name) => {
    const found = seen.find(({ component }) => component.name === name);
    if (found === undefined) return [`${name} has never been started`];
    const { component, alive, stopped, mark } = found;
    if (!alive) return [`${name} does not run (${component.because ?? component.state})`];
    if (mark !== clusterId) return [`pid ${String(component.process?.pid)} is not this cluster's ${name}`];
    if (stopped) return [`${name} is held by a signal and does nothing`];
    if (component.state !== "ready")
      return [`${name} is ${component.state}: ${component.because ?? "no reason is known"}`];
    return [];
  });
}
