import { expect, test } from "vitest";
import type { StatusReport } from "../../src/cluster/status.ts";
import type { VerifyReport } from "../../src/cluster/verify.ts";
import { expectSchema } from "./expect-schema.ts";
import { clusterName, type TestCluster } from "./test-cluster.ts";
import type { TestMachine } from "./machine.ts";

/** Everything of a cluster that checks could leave behind. */
export async function objectsOf({ kubectl }: TestCluster): Promise<string> {
  return kubectl("get", "namespaces,customresourcedefinitions,validatingadmissionpolicies", "-o", "name");
}

/** Runs `verify` and reads its report; what it came to is the test's. */
export async function verifyOn(
  machine: TestMachine,
  ...words: readonly string[]
): Promise<{ readonly exitCode: number; readonly report: VerifyReport; readonly story: string }> {
  const outcome = await machine.sandkube("verify", "--name", clusterName, "--output", "json", ...words);
  if (outcome.stdout === "") throw new Error(`verify exited with ${String(outcome.exitCode)}:\n${outcome.stderr}`);
  const report = JSON.parse(outcome.stdout) as VerifyReport;
  expectSchema("verify", report);
  return { exitCode: outcome.exitCode, report, story: outcome.stderr };
}

/** The checks that are not as wanted, and why, a line each. */
function failing({ checks }: VerifyReport): readonly string[] {
  return checks
    .filter(({ outcome }) => outcome === "refuted" || outcome === "inconclusive")
    .map(({ id, outcome, because }) => `${id} ${outcome}: ${because}`);
}

/**
 * Registers the test that verify proves what is claimed and leaves nothing.
 *
 * @param skipped the ids of checks that this machine is known to fail now and then
 * @param least how many checks have to be proved
 */
export function testVerification(cluster: () => TestCluster, skipped: readonly string[], least: number): void {
  test("verify proves what is claimed, and leaves nothing", async () => {
    const { machine } = cluster();
    const before = await objectsOf(cluster());
    const { report, exitCode } = await verifyOn(machine, ...(skipped.length === 0 ? [] : ["--skip", skipped.join()]));
    process.stderr.write(
      `${machine.title}: ${JSON.stringify(report.counts)} in ${(report.durationMs / 1000).toFixed(1)} s\n`,
    );
    expect(failing(report)).toEqual([]);
    expect(report.verdict).toBe("proved");
    expect(exitCode).toBe(0);
    expect(report.counts.proved).toBeGreaterThanOrEqual(least);
    expect(report.left).toEqual([]);
    expect(await objectsOf(cluster())).toBe(before);
    for (const { id, outcome, exhibits } of report.checks) {
      if (outcome === "proved") expect(exhibits.length, `${id} shows no evidence`).toBeGreaterThan(0);
    }
    const remedies = cluster().report.remedies.map(({ id }) => `remedy-${id}`);
    expect(report.checks.map(({ id }) => id)).toEqual(expect.arrayContaining(remedies));
    // Nothing that opens the cluster is in the report, which is kept for its owner alone.
    const state = `/var/lib/sandkube/clusters/${clusterName}`;
    expect((await machine.shell(`stat -c %a ${state}/verification.json; ls ${state}/run | grep verify`)).stdout).toBe(
      "600\n",
    );
    expect(JSON.stringify(report)).not.toMatch(/eyJ[\w-]+\.|PRIVATE KEY|LS0tLS1CRUdJTi/);
  });
}

/** Registers the test that verify sees a relay which is there and does nothing. */
export function testRefutation(cluster: () => TestCluster): void {
  test("verify refutes what is broken, and what does not stand on it stays proved", async () => {
    const { machine } = cluster();
    const status = await machine.sandkube("status", "--name", clusterName, "--output", "json");
    const { components } = JSON.parse(status.stdout) as StatusReport;
    const pid = String(components.find(({ name }) => name === "service-relay")?.pid);
    await machine.shell(`kill -STOP ${pid}`);
    try {
      const { report, exitCode } = await verifyOn(
        machine,
        "--only",
        "components-alive,service-from-node,exec-exit-code",
      );
      const outcomes = Object.fromEntries(report.checks.map(({ id, outcome }) => [id, outcome]));
      expect(outcomes, failing(report).join("\n")).toEqual({
        "components-alive": "refuted",
        "pod-runs": "proved",
        "exec-exit-code": "proved",
        "service-from-node": "refuted",
      });
      expect(report.checks.find(({ id }) => id === "components-alive")?.because).toContain("service-relay");
      expect(report.verdict).toBe("refuted");
      expect(exitCode).toBe(10);
      expect(report.left).toEqual([]);
    } finally {
      await machine.shell(`kill -CONT ${pid}`);
    }
  });
}
