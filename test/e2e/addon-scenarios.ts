import { expect, test } from "vitest";
import type { AddonListReport, AddonReport } from "../../src/cluster/addons.ts";
import { container, template } from "../../src/evidence/manifests.ts";
import { expectSchema } from "./expect-schema.ts";
import { clusterName, type TestCluster } from "./test-cluster.ts";

const busy = "busy";
const listPods = ["get", "pods", "-l", `app=${busy}`, "-o", "jsonpath={.items[*].metadata.name}"];

/** Registers the tests of a cluster that was started with metrics-server. */
export function testMetricsServer(cluster: () => TestCluster): void {
  test("add-ons are named, and one that is on is on", async () => {
    const { machine, report } = cluster();
    expectSchema("up", report);
    expect(report.addons).toEqual(["metrics-server"]);
    expect(report.remedies.map(({ id }) => id)).toContain("cgroup-resource-metrics");
    const addon = (...words: readonly string[]): ReturnType<typeof machine.sandkube> =>
      machine.sandkube("addon", ...words, "--name", clusterName, "--output", "json");
    const list = JSON.parse((await addon("list")).stdout) as AddonListReport;
    expectSchema("addon-list", list);
    expect(list.addons.map(({ name, enabled }) => [name, enabled])).toEqual([["metrics-server", true]]);
    const enabled = JSON.parse((await addon("enable", "metrics-server")).stdout) as AddonReport;
    expectSchema("addon", enabled);
    const disabled = await addon("disable", "metrics-server");
    expect(disabled.exitCode).toBe(5);
    expect(disabled.stdout + disabled.stderr).toContain("down --name e2e --keep-state");
  });

  test("kubectl top tells what a busy pod uses, and an autoscaler makes a second one", async () => {
    const { apply, eventually, kubectl, machine } = cluster();
    const start = performance.now();
    await apply(
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: busy },
        spec: {
          selector: { matchLabels: { app: busy } },
          template: template(busy, [
            container("main", "while :; do :; done", { resources: { requests: { cpu: "20m" } } }),
          ]),
        },
      },
      {
        apiVersion: "autoscaling/v2",
        kind: "HorizontalPodAutoscaler",
        metadata: { name: busy },
        spec: {
          minReplicas: 1,
          maxReplicas: 2,
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: busy },
          metrics: [
            { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 100 } } },
          ],
        },
      },
    );
    try {
      await eventually(listPods, (names) => names.trim().split(" ").length === 2, 120);
      process.stderr.write(
        `${machine.title}: scaled from 1 to 2 in ${((performance.now() - start) / 1000).toFixed(1)} s\n`,
      );
      const top = await kubectl("top", "pod", "-l", `app=${busy}`, "--no-headers");
      const [, millicores = "0"] = /^busy-\S+\s+(\d+)m\s+\d+Mi/m.exec(top) ?? [];
      expect(Number(millicores), top).toBeGreaterThan(20);
      expect(await kubectl("top", "node", "--no-headers")).toMatch(/^sandkube-e2e\s+\d+m\s+\d+%\s+\d+Mi\s+\d+%/);
    } finally {
      await kubectl("delete", `hpa/${busy}`, `deployment/${busy}`, "--wait=false");
      await kubectl("delete", "pods", "-l", `app=${busy}`, "--now", "--wait=false");
    }
  });
}
