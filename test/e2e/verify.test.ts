import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StatusReport } from "../../src/cluster/status.ts";
import { cannotTest, thisMachine } from "./machine.ts";
import { clusterName, startCluster, type TestCluster } from "./test-cluster.ts";
import { objectsOf, testVerification, verifyOn } from "./verify-scenarios.ts";

const because = cannotTest();
if (because !== undefined) process.stderr.write(`verify: skipped: ${because}\n`);

const main = join(import.meta.dirname, "../../dist/cli/main.js");
const machine = thisMachine();

/** A control plane is enough to be verified, interrupted and broken, and comes up fast. */
describe.skipIf(because !== undefined)("verify, on a control plane", { timeout: 300_000 }, () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    cluster = await startCluster(machine, "control-plane");
  });

  afterAll(async () => {
    await (cluster as TestCluster | undefined)?.[Symbol.asyncDispose]();
  });

  testVerification(() => cluster, [], 20);

  /** Starts verify and gives it a signal as soon as a check has ended. */
  const interrupted = async (signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> => {
    const child = spawn(process.execPath, [main, "verify", "--name", clusterName], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    for await (const line of createInterface({ input: child.stderr })) {
      if (!line.startsWith("✓")) continue;
      child.kill(signal);
      break;
    }
    child.stderr.resume();
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode ?? child.signalCode;
    const [code, by] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    return code ?? by;
  };

  test("Ctrl-C ends it, and nothing is left", async () => {
    const before = await objectsOf(cluster);
    expect(await interrupted("SIGINT")).toBe(130);
    expect(await objectsOf(cluster)).toBe(before);
  });

  test("what a killed run has left is removed by the next", async () => {
    const before = await objectsOf(cluster);
    expect(await interrupted("SIGKILL")).toBe("SIGKILL");
    expect(await objectsOf(cluster)).not.toBe(before);
    const { report } = await verifyOn(machine, "--only", "api-ready");
    expect(report.verdict).toBe("proved");
    expect(await objectsOf(cluster)).toBe(before);
  });

  test("a scheduler that is there and does nothing is refuted, and what stands on it is not told", async () => {
    const status = await machine.sandkube("status", "--name", clusterName, "--output", "json");
    const { components } = JSON.parse(status.stdout) as StatusReport;
    const pid = String(components.find(({ name }) => name === "kube-scheduler")?.pid);
    await machine.shell(`kill -STOP ${pid}`);
    try {
      const { report, exitCode } = await verifyOn(machine, "--only", "components-alive,scheduler-decides,watch");
      const outcomes = Object.fromEntries(report.checks.map(({ id, outcome }) => [id, outcome]));
      expect(outcomes).toEqual({ "components-alive": "refuted", "scheduler-decides": "refuted", watch: "proved" });
      expect(exitCode).toBe(10);
    } finally {
      await machine.shell(`kill -CONT ${pid}`);
    }
  });

  test("an API server that is there and does not answer is refuted, and nobody waits for it", async () => {
    const status = await machine.sandkube("status", "--name", clusterName, "--output", "json");
    const { components } = JSON.parse(status.stdout) as StatusReport;
    const pid = String(components.find(({ name }) => name === "kube-apiserver")?.pid);
    await machine.shell(`kill -STOP ${pid}`);
    try {
      const { report, exitCode } = await verifyOn(machine);
      const refuted = report.checks.filter(({ outcome }) => outcome === "refuted").map(({ id }) => id);
      expect(refuted).toEqual(["api-ready", "components-alive"]);
      expect(report.checks.find(({ id }) => id === "watch")?.outcome).toBe("inconclusive");
      expect(exitCode).toBe(10);
    } finally {
      await machine.shell(`kill -CONT ${pid}`);
    }
    await cluster.eventually(["get", "--raw", "/readyz"], (answer) => answer === "ok");
  });

  test("an unknown check is named with the nearest, and a second run at a time is refused", async () => {
    const unknown = await machine.sandkube("verify", "--name", clusterName, "--only", "api-redy");
    expect(unknown.exitCode).toBe(2);
    expect(unknown.stderr).toContain('Did you mean "api-ready"?');
    const child = spawn(process.execPath, [main, "verify", "--name", clusterName], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    for await (const line of createInterface({ input: child.stderr })) if (line.startsWith("✓")) break;
    child.stderr.resume();
    const second = await machine.sandkube("verify", "--name", clusterName);
    child.kill("SIGINT");
    expect(second.exitCode).toBe(5);
    expect(second.stderr).toContain("is being verified");
    if (child.exitCode === null) await once(child, "exit");
  });

  test("verify names what it can check, and a cluster that is not there", async () => {
    const list = await machine.sandkube("verify", "--list");
    expect(list.stdout).toMatch(/^api-ready +every mode +The API server/m);
    expect((await machine.sandkube("verify", "--name", "nobody")).exitCode).toBe(4);
  });
});
