import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exampleReport } from "../../test/fixtures/cluster-report.ts";
import { testSpec } from "../../test/fixtures/cluster-spec.ts";
import { recordedFacts } from "../../test/fixtures/recorded-facts.ts";
import type { Host } from "../contract/host.ts";
import { silent } from "../contract/progress.ts";
import { localHost } from "../host/local-host.ts";
import { addSample, emptyHistory } from "../supervisor/resource-history.ts";
import type { SupervisorState } from "../supervisor/supervisor-state.ts";
import { planOf } from "./choose-plan.ts";
import { writeClusterRecord, type ClusterRecord } from "./cluster-record.ts";
import { saveFacts } from "./facts-file.ts";
import { renderReport, reportCluster, saveReport } from "./report.ts";
import type { Session } from "./session.ts";

const began = Date.parse("2026-11-25T12:00:00.000Z");
const secrets = {
  HTTPS_PROXY: "http://alice:hunter2222@proxy.example:3128",
  GITHUB_TOKEN: "ghp_abcdefghijk",
};
let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "sandkube-report-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

function session(environment: Record<string, string> = {}): Session {
  const host: Host = { ...localHost(), environment };
  return { host, progress: silent, signal: AbortSignal.timeout(30_000) };
}

const { host } = session();

/** A cluster in the state directory, of which nothing runs. */
async function stoppedCluster(change: Partial<ClusterRecord> = {}): Promise<void> {
  const plan = planOf(recordedFacts("agent-2026-07"), "node");
  const remedies = plan.remedies.map(({ id, title, fidelity, clears, cost, disclosure }) => {
    return { id, title, fidelity, clears: [...clears], cost, disclosure };
  });
  const boot = {
    startedAt: began,
    timeline: [{ name: "probes", startMs: 0, endMs: 400 }],
    notes: ["Port 6443 is taken."],
    failed: {},
  };
  const spec = testSpec(directory, { mode: "node" });
  await writeClusterRecord({ createdAt: began - 1000, spec, remedies, boot, ...change }, host);
}

async function put(name: string, content: unknown): Promise<void> {
  await writeFile(join(directory, name), typeof content === "string" ? content : JSON.stringify(content));
}

function supervisorState(): SupervisorState {
  return {
    schemaVersion: 1,
    supervisor: { pid: 2 ** 22, startTicks: 1 },
    phase: "running",
    components: [{ name: "kine", state: "ready", restarts: 2, failedStarts: 0 }],
    tasks: [],
    proofs: { "empty-kernel-log": { outcome: "proved", because: "measured again" } },
    timeline: [
      { name: "kine", start: began + 500, end: began + 700 },
      { name: "kube-apiserver", start: began + 710 },
      { name: "kine", start: began + 900_000, end: began + 900_300 },
    ],
  };
}

const example = exampleReport();

describe("the report of a stopped cluster", () => {
  it("says what `up` kept: facts, remedies, proofs and the boot", async () => {
    await stoppedCluster();
    await saveFacts(join(directory, "facts.json"), recordedFacts("agent-2026-07"), host);
    await put("supervisor.json", supervisorState());
    const report = await reportCluster("test", directory, session());
    expect(report.cluster).toMatchObject({ name: "test", state: "stopped", mode: "node" });
    expect(report.cluster.node).toMatchObject({ ready: false, because: "the cluster does not run" });
    expect(report.environment.machine).toEqual(example.environment.machine);
    expect(report.environment.measuredAt).toBe("2026-11-25T12:00:00.000Z");
    expect(report.blockers).toEqual(example.blockers);
    expect(report.notes).toEqual(["Port 6443 is taken."]);
    const proofs = Object.fromEntries(report.remedies.map(({ id, proved }) => [id, proved.outcome]));
    expect(proofs["empty-kernel-log"]).toBe("proved");
    expect(proofs["proc-sys-supplement"]).toBe("inconclusive");
    expect(report.boot?.timeline, "what was started again is no part of the boot").toEqual([
      { name: "probes", startMs: 0, endMs: 400 },
      { name: "kine", startMs: 500, endMs: 700 },
      { name: "kube-apiserver", startMs: 710, endMs: null },
    ]);
    expect(report.components).toEqual([{ name: "kine", state: "stopped", restarts: 2 }]);
    expect(report.verification).toBeNull();
    expect(report.resources).toBeNull();
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it("knows the boot of a cluster whose state was kept", async () => {
    await stoppedCluster();
    await put("last-supervisor.json", supervisorState());
    const report = await reportCluster("test", directory, session());
    expect(report.boot?.timeline.map(({ name }) => name)).toEqual(["probes", "kine", "kube-apiserver"]);
    expect(report.remedies.find(({ id }) => id === "empty-kernel-log")?.proved.outcome).toBe("proved");
  });

  it("measures this machine where the facts were not kept", async () => {
    await stoppedCluster({ boot: undefined });
    const report = await reportCluster("test", directory, session());
    expect(report.environment.measuredAt).toBeNull();
    expect(report.environment.machine.kernel).toBeTruthy();
    expect(report.boot).toBeNull();
  });

  it("says why a remedy that failed is not there", async () => {
    const failed = { "proc-sys-supplement": "mount: permission denied" };
    await stoppedCluster({ boot: { startedAt: began, timeline: [], notes: [], failed } });
    await saveFacts(join(directory, "facts.json"), recordedFacts("agent-2026-07"), host);
    const { blockers } = await reportCluster("test", directory, session());
    expect(
      blockers
        .flatMap(({ rejected }) => rejected)
        .map(({ because }) => because)
        .join(),
    ).toContain("permission denied");
  });

  it("has columns of resources, and the logs that are there", async () => {
    await stoppedCluster();
    let history = emptyHistory(began, 5000);
    history = addSample(history, { at: began, usage: { supervisor: { rssBytes: 5, cpuMs: 1 } } });
    const both = { supervisor: { rssBytes: 6, cpuMs: 2 }, kine: { rssBytes: 7, cpuMs: 3 } };
    history = addSample(history, { at: began + 5000.4, usage: both });
    await put("resources.json", history);
    await mkdir(join(directory, "logs"));
    await put("logs/kine.log", "hello");
    await put("logs/kine.log.1", "");
    const report = await reportCluster("test", directory, session());
    expect(report.resources).toEqual({
      startedAt: "2026-11-25T12:00:00.000Z",
      times: [0, 5000],
      series: [
        { name: "supervisor", rssBytes: [5, 6], cpuMs: [1, 2] },
        { name: "kine", rssBytes: [null, 7], cpuMs: [null, 3] },
      ],
    });
    expect(report.logs.map(({ name, bytes }) => [name, bytes])).toEqual([
      ["kine", 5],
      ["kine.log.1", 0],
    ]);
  });

  it.each([
    ["2026-11-25T12:10:00.000Z", false],
    ["2026-11-25T11:59:00.000Z", true],
  ])("shows a verification of %s, and whether it is older than the start: %s", async (startedAt, beforeStart) => {
    await stoppedCluster();
    await put("verification.json", { ...example.verification, startedAt });
    const { verification } = await reportCluster("test", directory, session());
    expect(verification).toMatchObject({ verdict: "refuted", startedAt, beforeStart });
  });

  it.each(["", "{", "null", '{"schema":"sandkube.dev/verify/v2"}', '{"schema":"sandkube.dev/verify/v1"}'])(
    "takes the verification %j for none",
    async (text) => {
      await stoppedCluster();
      await put("verification.json", text);
      const report = await reportCluster("test", directory, session());
      expect(report.verification).toBeNull();
      expect(renderReport(report, "markdown")).toContain("Not verified yet");
    },
  );
});

describe("a report", () => {
  it("of no cluster is an error that says what to do", async () => {
    await expect(reportCluster("other", directory, session())).rejects.toMatchObject({
      exit: "notFound",
      title: 'There is no cluster "other"',
      hint: expect.stringContaining("sandkube up") as string,
    });
  });

  it("holds no secret, wherever it stood, in no form", async () => {
    const token = `eyJhbGciOiJSUzI1NiJ9.${"a".repeat(40)}.${"b".repeat(40)}`;
    const notes = [`fetched by ${secrets.HTTPS_PROXY}`, "the password is hunter2222", `Bearer ${token}`];
    await stoppedCluster({ boot: { startedAt: began, timeline: [], notes, failed: {} } });
    const exhibits = [
      { source: `curl -H 'Authorization: Bearer ${token}'`, content: `token: ${secrets.GITHUB_TOKEN}` },
      { source: "kubeconfig", content: "client-key-data: LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFWS0tLS0tCg==" },
    ];
    const checks = example.verification?.checks.map((check) => ({ ...check, exhibits }));
    await put("verification.json", { ...example.verification, checks });
    await put("kubeconfig", "client-key-data: KUBECONFIG-CONTENT");
    await mkdir(join(directory, "pki"));
    await put("pki/ca.key", "PKI-CONTENT");
    const report = await reportCluster("test", directory, session(secrets));
    for (const text of [JSON.stringify(report), renderReport(report, "markdown"), renderReport(report, "html")]) {
      for (const secret of ["hunter2222", "alice", token, secrets.GITHUB_TOKEN, "LS0tLS1CRUdJTiBFQ", "-CONTENT"]) {
        expect(text).not.toContain(secret);
      }
      expect(text).toContain("proxy.example:3128");
    }
  });

  it("is saved for everybody to read, where that is possible", async () => {
    const path = join(directory, "new", "page.html");
    expect(await saveReport(path, "<!doctype html>", host)).toBe(path);
    expect((await stat(path)).mode & 0o777).toBe(0o644);
    await expect(saveReport(join(path, "below-a-file"), "", host)).rejects.toMatchObject({
      exit: "storage",
      title: "The report could not be saved",
    });
  });
});
