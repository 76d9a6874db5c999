import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cannotTest, sandboxMachine, type TestMachine } from "./machine.ts";
import { tracesOn } from "./machine-traces.ts";
import { container, pod, sleepForever } from "../../src/evidence/manifests.ts";
import { startCluster, type TestCluster } from "./test-cluster.ts";
import { testVerification } from "./verify-scenarios.ts";

const because = cannotTest();
if (because !== undefined) process.stderr.write(`control plane: skipped: ${because}\n`);

describe.skipIf(because !== undefined)("gVisor 2022-12, where no node can run", { timeout: 240_000 }, () => {
  let machine: TestMachine;
  let cluster: TestCluster;
  let before: Readonly<Record<string, readonly string[]>>;

  beforeAll(async () => {
    machine = await sandboxMachine({ gvisor: "20221219", profile: "agent", overlay: "none" });
    before = await tracesOn(machine);
    cluster = await startCluster(machine, "fullest");
  });

  afterAll(async () => {
    await (cluster as TestCluster | undefined)?.[Symbol.asyncDispose]();
    await (machine as TestMachine | undefined)?.[Symbol.asyncDispose]();
  });

  test("up steps down to simulated nodes, says why, and calls them stubbed", () => {
    expect(cluster.report.mode).toBe("simulated");
    expect(cluster.report.rung.fidelity).toBe("stubbed");
    expect(cluster.report.remedies).toEqual([]);
    expect(cluster.report.notes.join("\n")).toMatch(/cannot run a node.*stubbed: No container runs/s);
  });

  test("report says so, too, where nobody can overlook it", async () => {
    const { stdout } = await machine.sandkube("report", "--name", "e2e");
    const [, seen = ""] = stdout.split("## What is not as it seems");
    expect(seen.slice(0, seen.indexOf("## "))).toMatch(/stubbed.*No container runs.*cannot run a node/s);
  });

  test("--mode node says what is missing", async () => {
    const { exitCode, stderr } = await machine.sandkube("up", "--name", "node", "--mode", "node");
    expect(exitCode).toBe(3);
    expect(stderr).toContain("This machine cannot run a node");
  });

  test("the API works as a chart developer needs it", async () => {
    const { apply, kubectl, eventually } = cluster;
    await apply({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "chart" },
      spec: {
        selector: { matchLabels: { app: "chart" } },
        template: { metadata: { labels: { app: "chart" } }, spec: { containers: [{ name: "main", image: "nginx" }] } },
      },
    });
    await kubectl("wait", "--for=condition=Available", "deployment/chart", "--timeout=60s");
    const [pod = ""] = (await kubectl("get", "pods", "-l", "app=chart", "-o", "name")).trim().split("\n");
    const logs = await cluster.tryKubectl(["logs", pod]);
    expect(logs.exitCode, "there is no container that could have said anything").not.toBe(0);
    await kubectl("delete", "deployment", "chart");
    await eventually(["get", "pods", "-l", "app=chart", "-o", "name"], (names) => names === "");
    expect(await kubectl("api-resources", "--api-group=apps", "-o", "name")).toContain("deployments.apps");
  });

  testVerification(() => cluster, [], 25);

  test("down leaves nothing", async () => {
    const down = await machine.sandkube("down", "--name", "e2e");
    expect(down.exitCode, down.stderr).toBe(0);
    expect(await tracesOn(machine)).toEqual(before);
  });
});

describe.skipIf(because !== undefined)("a machine with 1 GB", { timeout: 240_000 }, () => {
  test("runs a node and a pod", async () => {
    await using machine = await sandboxMachine({
      gvisor: "20260701",
      profile: "agent",
      overlay: "none",
      memoryBytes: 2 ** 30,
    });
    await using cluster = await startCluster(machine, "fullest");
    expect(cluster.report.mode).toBe("node");
    await cluster.apply(pod("small", [container("main", sleepForever)]));
    await cluster.kubectl("wait", "--for=condition=Ready", "pod/small", "--timeout=120s");
  });
});
