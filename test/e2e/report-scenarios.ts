import { expect, test } from "vitest";
import type { Verification } from "../../src/contract/check.ts";
import type { ClusterReport } from "../../src/contract/report.ts";
import { expectSchema } from "./expect-schema.ts";
import type { Outcome } from "./machine.ts";
import { clusterName, type TestCluster } from "./test-cluster.ts";

/** The report of a cluster that runs: whole, true, and without a secret, in every form. */
export function testReport(cluster: () => TestCluster): void {
  const report = (...words: readonly string[]): Promise<Outcome> =>
    cluster().machine.sandkube("report", "--name", clusterName, ...words);

  test("report names the remedies in force, with the evidence", async () => {
    const { exitCode, stdout, stderr } = await report("--output", "json");
    expect(exitCode, stderr).toBe(0);
    const known = JSON.parse(stdout) as ClusterReport;
    expectSchema("report", known);
    expect(known.cluster).toMatchObject({ name: clusterName, state: "running", node: { ready: true } });
    const up = cluster().report;
    expect(known.remedies.map(({ id }) => id)).toEqual(up.remedies.map(({ id }) => id));
    for (const { clears } of known.remedies) {
      const blocker = known.blockers.find(({ id, verdict }) => clears.includes(id) && verdict !== "clear");
      expect(blocker?.because).toBeTruthy();
      const evidence = known.facts.filter(({ id }) => blocker?.facts.includes(id));
      expect(evidence.flatMap(({ exhibits }) => exhibits).length).toBeGreaterThan(0);
    }
  });

  test("report shows the boot as `up` told it, and that of the supervisor", async () => {
    const { boot } = JSON.parse((await report("--output", "json")).stdout) as ClusterReport;
    const names = boot?.timeline.map(({ name }) => name) ?? [];
    expect(names[0]).toBe("probes");
    expect(names).toEqual(expect.arrayContaining(["artifacts", "certificates", "kube-apiserver", "kubelet", "images"]));
    const told = new Map(cluster().report.timeline.map(({ name, endMs }) => [name, endMs]));
    for (const { name, endMs } of boot?.timeline ?? []) if (told.has(name)) expect(endMs, name).toBe(told.get(name));
  });

  test("report shows what verify found last", async () => {
    const { verification } = JSON.parse((await report("--output", "json")).stdout) as ClusterReport;
    const path = `/var/lib/sandkube/clusters/${clusterName}/verification.json`;
    const kept = JSON.parse((await cluster().machine.shell(`cat ${path}`)).stdout) as Verification;
    expect(verification?.beforeStart).toBe(false);
    expect(verification?.verdict).toBe(kept.verdict);
    const outcomes = ({ checks }: Verification): readonly string[] =>
      checks.map(({ id, outcome, exhibits }) => `${id} ${outcome}, ${String(exhibits.length)} exhibits`);
    expect(verification && outcomes(verification)).toEqual(outcomes(kept));
  });

  test("report shows what every component used", async () => {
    const sampled = async (): Promise<readonly string[]> => {
      const { resources } = JSON.parse((await report("--output", "json")).stdout) as ClusterReport;
      const used = (resources?.series ?? []).filter(
        ({ rssBytes, cpuMs }) => Math.max(...rssBytes.map(Number)) > 1e6 && Math.max(...cpuMs.map(Number)) > 0,
      );
      return used.map(({ name }) => name);
    };
    await expect
      .poll(sampled, { timeout: 60_000, interval: 2000 })
      .toEqual(expect.arrayContaining(["supervisor", "kine", "kube-apiserver", "containerd", "kubelet", "coredns"]));
  });

  test("report comes as Markdown and as a page, and holds no key or token", async () => {
    const markdown = await report();
    expect(markdown.stdout).toContain(`# sandkube report: ${clusterName}`);
    const path = `/tmp/sandkube-e2e-report-${String(process.pid)}.html`;
    const { machine } = cluster();
    const saved = await report("--file", path);
    expect(saved.stdout).toBe(`${path}\n`);
    const page = (await machine.shell(`cat ${path}; rm ${path}`)).stdout;
    expect(page).toMatch(/^<!doctype html>/);
    const json = (await report("--output", "json")).stdout;
    const kubeconfig = (await machine.shell(`cat ${cluster().report.kubeconfig}`)).stdout;
    const key = /client-key-data: (\S{40})/.exec(kubeconfig)?.[1] ?? "none";
    expect(key).not.toBe("none");
    for (const text of [markdown.stdout, page, json]) {
      expect(text).toContain("kube-apiserver");
      expect(text).not.toContain(key);
      expect(text).not.toMatch(/PRIVATE KEY|eyJhbGci/);
      for (const { disclosure } of cluster().report.remedies) {
        expect(text.replace(/\\(?=[^"\\])/g, "").replaceAll("&#39;", "'")).toContain(disclosure);
      }
    }
  });
}
