import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cannotTest, sandboxMachine, type TestMachine } from "./machine.ts";
import { tracesOn } from "./machine-traces.ts";
import { container, pod } from "../../src/evidence/manifests.ts";
import { clusterName, startCluster, type TestCluster } from "./test-cluster.ts";
import { testVerification } from "./verify-scenarios.ts";

const title = "gVisor 2026-07, agent, on the host's network stack";
const because = cannotTest();
if (because !== undefined) process.stderr.write(`${title}: skipped: ${because}\n`);

const policy = "mutatingadmissionpolicies,mutatingadmissionpolicybindings";
const sleeps = container("main", "exec sleep 3600", { ports: [{ containerPort: 18_090 }] });

describe.skipIf(because !== undefined)(title, { timeout: 360_000 }, () => {
  let machine: TestMachine;
  let cluster: TestCluster;
  let before: Readonly<Record<string, readonly string[]>>;

  beforeAll(async () => {
    machine = await sandboxMachine({ gvisor: "20260701", profile: "agent", overlay: "none", networkStack: "host" });
    before = await tracesOn(machine);
    cluster = await startCluster(machine, "fullest");
  });

  afterAll(async () => {
    await (cluster as TestCluster | undefined)?.[Symbol.asyncDispose]();
    await (machine as TestMachine | undefined)?.[Symbol.asyncDispose]();
  });

  test("up takes the rung that has no network of pods, and says why and what that means", () => {
    const { mode, rung, notes, verdict } = cluster.report;
    expect({ mode, verdict }).toEqual({ mode: "host-network", verdict: "ready" });
    expect(rung.fidelity).toBe("emulated");
    expect(notes.join()).toMatch(/cannot run a node \(No network namespaces: .*hostNetwork: true/);
  });

  test("a pod says what it got: the machine's network, its ports, the cluster's DNS", async () => {
    await cluster.apply(pod("one", [sleeps]));
    const spec = await cluster.kubectl(
      ...[
        "get",
        "pod",
        "one",
        "-o",
        "jsonpath={.spec.hostNetwork} {.spec.dnsPolicy} {.spec.containers[0].ports[0].hostPort}",
      ],
    );
    expect(spec).toBe("true ClusterFirstWithHostNet 18090");
    await cluster.kubectl("wait", "--for=condition=Ready", "pod/one", "--timeout=120s");
    expect(await cluster.kubectl("get", "pod", "one", "-o", "jsonpath={.status.podIP}")).toBe(machine.address);
  });

  test("a second pod for the same port waits, and is told for what; a hostPort of its own is refused", async () => {
    await cluster.apply(pod("two", [sleeps]));
    const message = "jsonpath={.status.conditions[?(@.type=='PodScheduled')].message}";
    expect(await cluster.eventually(["get", "pod", "two", "-o", message], (said) => said !== "")).toContain(
      "free ports",
    );
    await cluster.kubectl("delete", "pod", "one", "--now");
    await cluster.kubectl("wait", "--for=condition=Ready", "pod/two", "--timeout=120s");
    const mapped = pod("mapped", [container("main", "exec sleep 1", { ports: [{ containerPort: 80, hostPort: 81 }] })]);
    const refused = await cluster.tryKubectl(["create", "-f", "-"], JSON.stringify(mapped));
    expect(refused.stderr).toContain("must match `containerPort` when `hostNetwork` is true");
  });

  test("a LoadBalancer has an address of 127.0.0.0/8, at which it answers", async () => {
    const serve = container("main", "echo found > /tmp/index.html; exec httpd -f -p 18091 -h /tmp", {
      ports: [{ name: "http", containerPort: 18_091 }],
    });
    await cluster.apply(pod("web", [serve]), {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web" },
      spec: { type: "LoadBalancer", selector: { app: "web" }, ports: [{ port: 80, targetPort: "http" }] },
    });
    await cluster.kubectl("wait", "--for=condition=Ready", "pod/web", "--timeout=120s");
    const address = await cluster.eventually(
      ["get", "service", "web", "-o", "jsonpath={.status.loadBalancer.ingress[0].ip}"],
      (found) => found !== "",
    );
    expect(address).toMatch(/^127\.245\./);
    expect((await machine.shell(`curl -s --max-time 10 http://${address}/`)).stdout).toBe("found\n");
  });

  testVerification(() => cluster, [], 69);

  test("another mode with the same state forgets the node and the policy", async () => {
    expect(await cluster.kubectl("get", policy, "-o", "name")).toContain("pods-share-the-machine-network.sandkube.dev");
    expect((await machine.sandkube("down", "--name", clusterName, "--keep-state")).exitCode).toBe(0);
    const up = await machine.sandkube("up", "--name", clusterName, "--mode", "control-plane");
    expect(up.exitCode, up.stderr).toBe(0);
    const kubectl = (...words: string[]): Promise<{ stdout: string }> =>
      machine.sandkube("kubectl", "--name", clusterName, ...words);
    expect((await kubectl("get", `nodes,${policy}`, "-o", "name")).stdout).toBe("");
    const other = await machine.sandkube("up", "--name", clusterName, "--mode", "host-network");
    expect(other.exitCode).toBe(5);
    expect(other.stderr).toContain("The cluster runs in another mode");
  });

  test("down leaves nothing", async () => {
    expect((await machine.sandkube("down", "--name", clusterName)).exitCode).toBe(0);
    expect(await tracesOn(machine)).toEqual(before);
  });
});
