import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DoctorReport } from "../../src/cluster/doctor.ts";
import type { ImageListReport } from "../../src/cluster/images.ts";
import type { StatusReport } from "../../src/cluster/status.ts";
import type { UpReport } from "../../src/cluster/up.ts";
import type { ClusterReport } from "../../src/contract/report.ts";
import { testDns } from "./dns-scenarios.ts";
import { expectSchema } from "./expect-schema.ts";
import { testHelm } from "./helm-scenarios.ts";
import { cannotTest, type Outcome, type TestMachine } from "./machine.ts";
import { tracesOn } from "./machine-traces.ts";
import { container, pod, sleepForever } from "../../src/evidence/manifests.ts";
import { testPods } from "./pod-scenarios.ts";
import { testReport } from "./report-scenarios.ts";
import { testRelayRestart, testServices } from "./service-scenarios.ts";
import { testKeptVolume, testStorage } from "./storage-scenarios.ts";
import { testRefutation, testVerification } from "./verify-scenarios.ts";
import { clusterName, startCluster, type TestCluster } from "./test-cluster.ts";

/** What a kind of machine is expected to be like. */
export interface Expectation {
  /** Ids of the remedies in force, sorted, but for {@link namesRemedy}. */
  readonly remedies: readonly string[];
  /** Why tests that read the output of containers are skipped. */
  readonly outputLost?: string;
  /** Checks of `verify` that fail there now and then, for the reason of {@link outputLost}. */
  readonly unproved?: readonly string[];
  /** Whether something is broken on purpose, to see `verify` say so. */
  readonly refutation?: boolean;
  /** Where names and Services are tested on the same kernel instead; undefined: here. */
  readonly servicesElsewhere?: string;
}

/** In force where no name server answers, which is the surroundings' doing rather than the machine's. */
const namesRemedy = "no-outside-names";

/** A process as a fork leaves it whose parents are killed: in a cgroup of the cluster, with no marker and no shim above. */
const escapedProcess = `
set -- /sys/fs/cgroup/sandkube/${clusterName} /sys/fs/cgroup/*/sandkube/${clusterName}
for root do if [ -d "$root" ]; then break; fi; done
mkdir "$root/escaped"
setsid sh -c "echo \\$\\$ > '$root/escaped/cgroup.procs'; exec sleep 3600" < /dev/null > /dev/null 2>&1 &
timeout 10 sh -c "until grep -q . '$root/escaped/cgroup.procs'; do sleep 0.05; done"
`;

/** A cluster's whole life on one kind of machine. */
export function testClusterLife(title: string, makeMachine: () => Promise<TestMachine>, expected: Expectation): void {
  const because = cannotTest();
  if (because !== undefined) process.stderr.write(`${title}: skipped: ${because}\n`);
  if (expected.outputLost !== undefined) {
    process.stderr.write(`${title}: tests that read output are skipped: ${expected.outputLost}\n`);
  }
  if (expected.servicesElsewhere !== undefined) {
    process.stderr.write(`${title}: names and Services are not tested: ${expected.servicesElsewhere}\n`);
  }

  describe.skipIf(because !== undefined)(title, { timeout: 360_000 }, () => {
    let machine: TestMachine;
    let cluster: TestCluster;
    let before: Readonly<Record<string, readonly string[]>>;

    beforeAll(async () => {
      machine = await makeMachine();
      before = await tracesOn(machine);
      cluster = await startCluster(machine);
    });

    afterAll(async () => {
      await (cluster as TestCluster | undefined)?.[Symbol.asyncDispose]();
      await (machine as TestMachine | undefined)?.[Symbol.asyncDispose]();
    });

    test("up is ready, and says what it did", () => {
      const { report } = cluster;
      expectSchema("up", report);
      expect(report.verdict).toBe("ready");
      expect(report.mode).toBe("node");
      const ids = report.remedies.map(({ id }) => id).sort();
      expect(ids.filter((id) => id !== namesRemedy)).toEqual(expected.remedies);
      expect(report.timeline.map(({ name }) => name)).toEqual(
        expect.arrayContaining(["kube-apiserver", "kubelet", "images"]),
      );
      for (const { startMs, endMs } of report.timeline) expect(endMs).toBeGreaterThanOrEqual(startMs);
    });

    test("doctor names the same remedies", async () => {
      const { stdout } = await machine.sandkube("doctor", "--output", "json");
      const report = JSON.parse(stdout) as DoctorReport;
      expectSchema("doctor", report);
      expect(report.plan.verdict).toBe("possible");
      const ids = report.plan.remedies.map(({ id }) => id).sort();
      expect(ids).toEqual(cluster.report.remedies.map(({ id }) => id).sort());
      const names = report.facts.find(({ id }) => id === "resolver-answers")?.value as {
        readonly servers: readonly { readonly answered: boolean }[];
      };
      expect(ids.includes(namesRemedy)).toBe(!names.servers.some(({ answered }) => answered));
      expect(report.facts.length).toBeGreaterThan(20);
      for (const { verdict, because: why } of report.blockers) if (verdict !== "clear") expect(why).toBeTruthy();
    });

    testPods(() => cluster, expected.outputLost);
    if (expected.servicesElsewhere === undefined) {
      testDns(() => cluster);
      testServices(() => cluster);
    }

    testStorage(() => cluster);
    if (expected.servicesElsewhere === undefined) testHelm(() => cluster);

    testVerification(() => cluster, expected.unproved ?? [], 60);
    if (expected.refutation === true) testRefutation(() => cluster);
    testReport(() => cluster);

    test("status shows every component", async () => {
      const { stdout } = await machine.sandkube("status", "--name", clusterName, "--output", "json");
      const report = JSON.parse(stdout) as StatusReport;
      expectSchema("status", report);
      expect(report.cluster.state).toBe("running");
      expect(report.node?.ready).toBe(true);
      expect(report.components.map(({ name, state, restarts }) => [name, state, restarts])).toEqual(
        [
          "kine",
          "kube-apiserver",
          "kube-controller-manager",
          "kube-scheduler",
          "containerd",
          "kubelet",
          "coredns",
          "service-relay",
        ].map((name) => [name, "ready", 0]),
      );
      for (const { pid, rssBytes } of report.components) {
        expect(pid).toBeGreaterThan(0);
        expect(rssBytes).toBeGreaterThan(1_000_000);
      }
    });

    test("a second up changes nothing and says so", async () => {
      const { stdout } = await machine.sandkube("up", "--name", clusterName, "--output", "json");
      expect((JSON.parse(stdout) as UpReport).verdict).toBe("unchanged");
    });

    test("load takes an image archive, and nothing else", async () => {
      const { stdout: archive } = await machine.shell(
        "ls ${SANDKUBE_CACHE_DIR:-$HOME/.cache/sandkube}/images/*/*.tar | head -n 1",
      );
      const loaded = await machine.sandkube("load", "--name", clusterName, archive.trim());
      expect(loaded.exitCode, loaded.stderr).toBe(0);
      expect(loaded.stdout).toContain("docker.io/library/busybox:latest");
      const refused = await machine.sandkube("load", "--name", clusterName, "/etc/passwd");
      expect(refused.exitCode).toBe(2);
    });

    test("images are listed, saved, read from the input, and removed unless a pod runs them", async () => {
      const image = (verb: string, ...words: string[]): Promise<Outcome> =>
        machine.sandkube("image", verb, "--name", clusterName, ...words);
      const reference = "docker.io/library/busybox:latest";
      const listed = JSON.parse((await image("list", "--output", "json")).stdout) as ImageListReport;
      expectSchema("image-list", listed);
      const busybox = listed.images.find(({ references }) => references.includes(reference));
      expect(busybox?.pinned).toBe(true);

      expect((await image("save", "busybox", "--file", "/tmp/saved.tar")).exitCode).toBe(0);
      const load = `${machine.program} load --name ${clusterName} - < /tmp/saved.tar; ls /tmp/saved.tar*; rm /tmp/saved.tar`;
      expect((await machine.shell(load)).stdout).toBe(`${reference} present\n/tmp/saved.tar\n`);

      await cluster.apply(pod("image-user", [container("main", sleepForever)]));
      await cluster.kubectl("wait", "--for=condition=Ready", "pod/image-user", "--timeout=120s");
      const used = await image("remove", ...(busybox?.references ?? []));
      expect(used.exitCode).toBe(5);
      expect(used.stderr).toContain("default/image-user");
      const state = `/var/lib/sandkube/clusters/${clusterName}`;
      await machine.shell(
        `${state}/bin/ctr -a ${state}/run/containerd.sock -n k8s.io images tag ${reference} localhost/copy:1`,
      );
      expect((await image("remove", "localhost/copy:1")).stdout).toBe("localhost/copy:1 removed\n");
      await cluster.kubectl("delete", "pod", "image-user", "--now");
      const unknown = await image("remove", "busibox");
      expect(unknown.exitCode).toBe(4);
      expect(unknown.stderr).toContain(reference);
    });

    test("secrets are for root alone", async () => {
      const { stdout } = await machine.shell(
        `cd /var/lib/sandkube/clusters/${clusterName} && stat -c '%a %n' . kubeconfig kubeconfigs/* pki/*.key datastore run`,
      );
      for (const line of stdout.trim().split("\n")) expect(line).toMatch(/^(600|700) /);
    });

    test("nothing is said to strangers", async () => {
      const ask = (address: string): Promise<{ stdout: string }> =>
        machine.shell(`curl -sk -o /dev/null -w '%{http_code}' ${address}`);
      expect((await ask(`${cluster.report.server}/api/v1/secrets`)).stdout).toBe("401");
      expect((await ask("https://10.244.0.1:10250/pods")).stdout).toBe("401");
    });

    test("a component that is killed is started again", async () => {
      const { stdout } = await machine.sandkube("status", "--name", clusterName, "--output", "json");
      const report = JSON.parse(stdout) as StatusReport;
      const scheduler = report.components.find(({ name }) => name === "kube-scheduler");
      await machine.shell(`kill -9 ${String(scheduler?.pid)}`);
      await cluster.eventually(["get", "--raw", "/readyz"], (output) => output === "ok");
      const again = async (): Promise<boolean> => {
        const after = JSON.parse(
          (await machine.sandkube("status", "--name", clusterName, "--output", "json")).stdout,
        ) as StatusReport;
        return after.components.some(
          ({ name, state, restarts }) => name === "kube-scheduler" && state === "ready" && restarts === 1,
        );
      };
      await expect.poll(again, { timeout: 30_000, interval: 500 }).toBe(true);
    });

    if (expected.servicesElsewhere === undefined) testRelayRestart(() => cluster);

    test("kept state is there again", async () => {
      await cluster.kubectl("create", "configmap", "kept", "--from-literal=a=b");
      const down = await machine.sandkube("down", "--name", clusterName, "--keep-state");
      expect(down.exitCode, down.stderr).toBe(0);
      const { stdout } = await machine.sandkube("report", "--name", clusterName, "--output", "json");
      const stopped = JSON.parse(stdout) as ClusterReport;
      expect(stopped.cluster.state).toBe("stopped");
      expect(stopped.boot?.timeline.map(({ name }) => name)).toContain("kube-apiserver");
      expect(stopped.resources?.times.length).toBeGreaterThan(0);
      cluster = await startCluster(machine);
      expect(await cluster.kubectl("get", "configmap", "kept", "-o", "jsonpath={.data.a}")).toBe("b");
      await cluster.eventually(["get", "pod", "web", "-o", "jsonpath={.status.phase}"], (phase) => phase === "Running");
    });

    testKeptVolume(() => cluster);

    test("down leaves nothing", async () => {
      const escaped = await machine.shell(escapedProcess);
      expect(escaped.exitCode, escaped.stderr).toBe(0);
      const down = await machine.sandkube("down", "--name", clusterName);
      expect(down.exitCode, down.stderr).toBe(0);
      expect(await tracesOn(machine)).toEqual(before);
      const { exitCode, stderr } = await machine.sandkube("report", "--name", clusterName);
      expect(exitCode).toBe(4);
      expect(stderr).toContain("sandkube up");
    });

    test("down without a cluster says so", async () => {
      const { exitCode, stderr } = await machine.sandkube("down", "--name", clusterName);
      expect(exitCode).toBe(4);
      expect(stderr).toContain(`There is no cluster "${clusterName}"`);
    });
  });
}
