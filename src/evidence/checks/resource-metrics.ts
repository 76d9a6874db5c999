import { metricsApi } from "../../kube/metrics-api.ts";
import { judge, notApplicable, type Check } from "../check.ts";
import { container, pod } from "../manifests.ts";
import { readyPod } from "../pods.ts";

/** Uses one processor until it is told to end. */
const burn = "trap 'exit 0' TERM; while :; do :; done";

/** Of the processor that it could have; others run at the same time. */
const leastMillicores = 50;

interface PodMetrics {
  readonly containers: readonly {
    readonly name: string;
    readonly usage: { readonly cpu: string; readonly memory: string };
  }[];
}

/** `resource-metrics` */
export const resourceMetrics: Check = {
  id: "resource-metrics",
  claim: "The metrics API tells what a pod uses that keeps a processor busy, and what the node uses",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster) {
    const { spec } = cluster;
    if (spec.addons?.["metrics-server"] === undefined) {
      return notApplicable("`up` was not given --addon metrics-server: there are no resource metrics");
    }
    await cluster.create(pod("busy", [container("main", burn)]));
    await readyPod(cluster, "busy");
    const path = `${metricsApi}/namespaces/${cluster.namespace}/pods/busy`;
    const usage = await cluster.holds("the pod to have figures", async () => {
      const { status, text } = await cluster.ask(cluster.client, path);
      if (status !== 200) return { ok: false, because: `${String(status)} ${text}` };
      const main = (JSON.parse(text) as PodMetrics).containers.find(({ name }) => name === "main")?.usage;
      const cpu = millicores(main?.cpu ?? "0");
      return main !== undefined && cpu >= leastMillicores
        ? { ok: true, value: main }
        : { ok: false, because: `its processor time is ${String(cpu)}m` };
    });
    // A new pod has figures after one look of metrics-server at the node, the node after two.
    await cluster.holds("the node to have figures", async () => {
      const { status, text } = await cluster.ask(cluster.client, `${metricsApi}/nodes/${spec.nodeName}`);
      return status === 200 ? { ok: true, value: undefined } : { ok: false, because: `${String(status)} ${text}` };
    });
    const top = await cluster.kubectl(["top", "pod", "busy", "--no-headers"]);
    await cluster.remove(cluster.path("pods", "busy"));
    return judge(
      /^busy\s+\d+m\s+\d+\w*\s*$/.test(top.stdout) && !usage.memory.startsWith("0"),
      `the pod uses ${String(millicores(usage.cpu))}m and ${usage.memory}; kubectl top says: ${top.stdout.trim()}${top.stderr.trim()}`,
    );
  },
};

/** A quantity of processors, as the metrics API writes it, in thousandths. Pure. */
export function millicores(quantity: string): number {
  const [, digits = "", suffix = ""] = /^(\d+)([num]?)$/.exec(quantity) ?? [];
  const perUnit = { n: 1e-6, u: 1e-3, m: 1, "": 1000 }[suffix] ?? Number.NaN;
  return Math.round(Number(digits) * perUnit);
}
