import { localHost } from "../src/host/local-host.ts";
import type { StatusReport } from "../src/cluster/status.ts";
import type { TestMachine } from "../test/e2e/machine.ts";
import { container, pod, sleepForever } from "../src/evidence/manifests.ts";
import { clusterName, startCluster, type TestCluster } from "../test/e2e/test-cluster.ts";
import { median, type Figures } from "./figures.ts";

const times = 5;

/** One whole life of a cluster, with every figure taken on the way. */
export async function measureCluster(machine: TestMachine): Promise<Figures> {
  const { clock } = localHost();
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const start = clock.monotonic();
    await work();
    return clock.monotonic() - start;
  };
  let cluster: TestCluster | undefined;
  const upMs = await timed(async () => {
    cluster = await startCluster(machine);
  });
  if (cluster === undefined) throw new Error("there is no cluster");
  const { kubectl, report } = cluster;
  const end = (name: string): number => report.timeline.find((entry) => entry.name === name)?.endMs ?? Number.NaN;
  const { stdout } = await machine.sandkube("status", "--name", clusterName, "--output", "json");
  const { components } = JSON.parse(stdout) as StatusReport;
  const pods: number[] = [];
  const execs: number[] = [];
  for (let index = 0; index < times; index++) {
    const name = `bench-${String(index)}`;
    pods.push(
      await timed(async () => {
        await cluster?.apply(pod(name, [container("main", sleepForever)]));
        await kubectl("wait", "--for=condition=Ready", `pod/${name}`, "--timeout=60s");
      }),
    );
    execs.push(await timed(() => kubectl("exec", name, "--", "true")));
    await kubectl("delete", "pod", name, "--now");
  }
  const downMs = await timed(() => machine.sandkube("down", "--name", clusterName));
  return {
    apiReadyMs: end("kube-apiserver"),
    nodeReadyMs: end("kubelet"),
    upMs,
    podReadyMs: median(pods),
    execMs: median(execs),
    rssBytes: components.reduce((sum, { rssBytes }) => sum + rssBytes, 0),
    downMs,
  };
}
