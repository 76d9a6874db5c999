import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StatusReport } from "../../src/cluster/status.ts";
import { localHost } from "../../src/host/local-host.ts";
import { waitUntil } from "../../src/host/wait-until.ts";
import { cannotTest, sandboxMachine, type TestMachine } from "./machine.ts";
import { tracesOn } from "./machine-traces.ts";
import { container, pod } from "../../src/evidence/manifests.ts";
import { clusterName, startCluster, type TestCluster } from "./test-cluster.ts";

const title = "gVisor 2026-07, agent, the kubelet under the redirector";
const because = cannotTest();
if (because !== undefined) process.stderr.write(`${title}: skipped: ${because}\n`);

describe.skipIf(because !== undefined)(title, { timeout: 360_000 }, () => {
  let machine: TestMachine;
  let cluster: TestCluster;
  let before: Readonly<Record<string, readonly string[]>>;

  beforeAll(async () => {
    machine = await sandboxMachine({ gvisor: "20260701", profile: "agent", overlay: "none" });
    before = await tracesOn(machine);
    cluster = await startCluster(machine, "node", { avoidRemedies: ["proc-sys-supplement"] });
  });

  afterAll(async () => {
    await (cluster as TestCluster | undefined)?.[Symbol.asyncDispose]();
    await (machine as TestMachine | undefined)?.[Symbol.asyncDispose]();
  });

  test("up takes the redirector in place of the mount, says so, and proves it", () => {
    const { remedies, notes, verdict } = cluster.report;
    expect(verdict).toBe("ready");
    expect(remedies.find(({ id }) => id === "proc-sys-redirector")?.proved.outcome).toBe("proved");
    expect(remedies.map(({ id }) => id)).not.toContain("proc-sys-supplement");
    expect(notes.join()).toContain("proc-sys-supplement is avoided, as asked; in its place: proc-sys-redirector.");
  });

  test("nothing is mounted over the kernel's own settings", async () => {
    const { pid } = await kubelet();
    const { stdout } = await machine.shell(`grep ' /proc/sys' /proc/${String(pid)}/mountinfo | wc -l`);
    expect(stdout.trim()).toBe("0");
  });

  test("a pod runs, and is read and entered", async () => {
    await cluster.apply(pod("redirected", [container("main", "echo it runs; sleep 3600")]));
    await cluster.kubectl("wait", "--for=condition=Ready", "pod/redirected", "--timeout=120s");
    expect(await cluster.eventually(["logs", "redirected"], (output) => output !== "")).toBe("it runs\n");
    expect(await cluster.kubectl("exec", "redirected", "--", "cat", "/etc/hostname")).toBe("redirected\n");
    await cluster.kubectl("delete", "pod", "redirected", "--wait");
  });

  test("status shows the kubelet itself, which is traced", async () => {
    const { pid, rssBytes } = await kubelet();
    const { stdout } = await machine.shell(
      `tr '\\0' '\\n' < /proc/${String(pid)}/cmdline; cat /proc/${String(pid)}/status`,
    );
    expect(stdout).toMatch(/^\/.*\/bin\/kubelet\n--config=/);
    expect(rssBytes).toBeGreaterThan(50e6);
    expect(await tracerOf(pid)).not.toBe("0");
  });

  test("the kubelet dies with its tracer, and is started again under a new one", async () => {
    const first = await kubelet();
    await machine.shell(`kill -KILL ${await tracerOf(first.pid)}`);
    const second = await waitUntil(
      async () => {
        const now = await kubelet();
        return now.state === "ready" && now.pid !== first.pid
          ? ({ ok: true, now } as const)
          : ({ ok: false, because: `the kubelet is ${now.state}` } as const);
      },
      { clock: localHost().clock, timeout: 120_000, interval: 500, what: "the kubelet to serve again" },
    );
    expect(second.now.restarts).toBe(first.restarts + 1);
    expect(await tracerOf(second.now.pid)).not.toBe("0");
  });

  test("down leaves no tracer behind", async () => {
    expect((await machine.sandkube("down", "--name", clusterName)).exitCode).toBe(0);
    expect(await tracesOn(machine)).toEqual(before);
    expect((await machine.shell("cat /proc/[0-9]*/cmdline | tr '\\0' ' '")).stdout).not.toContain("--from=/proc/sys ");
  });

  async function kubelet(): Promise<StatusReport["components"][number]> {
    const { stdout } = await machine.sandkube("status", "--name", clusterName, "--output", "json");
    const found = (JSON.parse(stdout) as StatusReport).components.find(({ name }) => name === "kubelet");
    if (found === undefined) throw new Error(`status shows no kubelet: ${stdout}`);
    return found;
  }

  async function tracerOf(pid: number | null): Promise<string> {
    const { stdout } = await machine.shell(`grep '^TracerPid' /proc/${String(pid)}/status`);
    return stdout.replace("TracerPid:", "").trim();
  }
});
