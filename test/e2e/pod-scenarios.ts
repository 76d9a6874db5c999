import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { container, pod, sleepForever } from "../../src/evidence/manifests.ts";
import type { TestCluster } from "./test-cluster.ts";

const ready = (name: string): string[] => ["wait", "--for=condition=Ready", `pod/${name}`, "--timeout=120s"];
const logs = (name: string): string[] => ["logs", name];

/**
 * What people do with pods. Registers a test for each in the describe block at hand.
 *
 * @param cluster gives the cluster once the block's set-up has made it
 */
export function testPods(cluster: () => TestCluster, outputLost?: string): void {
  // Tests that read what containers print, where the environment is known to lose some of it.
  const reading = outputLost === undefined ? test.concurrent : test.skip;

  reading("a pod runs, and its output, exec, attach and cp work", async () => {
    const { apply, kubectl, tryKubectl, start } = cluster();
    await apply(
      pod("shell", [
        container("main", 'echo hello; while read -r line; do echo "got $line"; done; sleep 1000', { stdin: true }),
      ]),
    );
    await kubectl(...ready("shell"));
    expect(await kubectl(...logs("shell"))).toBe("hello\n");

    expect(await kubectl("exec", "shell", "--", "sh", "-c", "echo out; echo $((6 * 7))")).toBe("out\n42\n");
    const failed = await tryKubectl(["exec", "shell", "--", "sh", "-c", "echo bad >&2; exit 7"]);
    expect(failed.stderr).toContain("bad");
    expect(failed.exitCode).toBe(7);
    expect((await tryKubectl(["exec", "-i", "shell", "--", "cat"], "through stdin")).stdout).toBe("through stdin");

    const attached = start("attach", "-i", "shell");
    try {
      const lines = createInterface({ input: attached.stdout });
      attached.stdin.write("ping\n");
      for await (const line of lines) if (line === "got ping") break;
    } finally {
      attached.kill();
    }

    const directory = await mkdtemp(join(tmpdir(), "sandkube-e2e-"));
    try {
      await writeFile(join(directory, "there"), "copied both ways");
      await kubectl("cp", join(directory, "there"), "shell:/tmp/file");
      await kubectl("cp", "shell:/tmp/file", join(directory, "back"));
      expect(await readFile(join(directory, "back"), "utf8")).toBe("copied both ways");
    } finally {
      await rm(directory, { recursive: true });
    }
    await kubectl("delete", "pod", "shell", "--now");
  });

  reading("logs -f follows until the pod ends", async () => {
    const { apply, start } = cluster();
    await apply(
      pod("counter", [container("main", "for i in 1 2 3 4 5; do echo line $i; sleep 0.3; done")], {
        restartPolicy: "Never",
      }),
    );
    await cluster().eventually(["get", "pod", "counter", "-o", "jsonpath={.status.phase}"], (phase) =>
      /Running|Succeeded/.test(phase),
    );
    const follow = start("logs", "-f", "counter");
    let output = "";
    follow.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const [code] = (await once(follow, "close")) as [number];
    expect(code).toBe(0);
    expect(output).toBe([1, 2, 3, 4, 5].map((i) => `line ${String(i)}\n`).join(""));
  });

  test.concurrent("port-forward carries a request", async () => {
    const { apply, kubectl, start } = cluster();
    await apply(pod("web", [container("main", "echo page > /tmp/index.html; exec httpd -f -p 8080 -h /tmp")]));
    await kubectl(...ready("web"));
    const forward = start("port-forward", "pod/web", ":8080");
    try {
      let port: string | undefined;
      for await (const line of createInterface({ input: forward.stdout })) {
        port = /127\.0\.0\.1:(\d+)/.exec(line)?.[1];
        if (port !== undefined) break;
      }
      const answer = await fetch(`http://127.0.0.1:${port ?? ""}/`);
      expect(await answer.text()).toBe("page\n");
    } finally {
      forward.kill();
    }
  });

  test.concurrent("a Deployment scales up and down, and pods reach each other", async () => {
    const { apply, kubectl, eventually } = cluster();
    await apply({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "scaled" },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: "scaled" } },
        template: {
          metadata: { labels: { app: "scaled" } },
          spec: {
            terminationGracePeriodSeconds: 0,
            containers: [container("main", "hostname > /tmp/index.html; exec httpd -f -p 80 -h /tmp")],
          },
        },
      },
    });
    await kubectl("rollout", "status", "deployment/scaled", "--timeout=120s");
    await kubectl("scale", "deployment/scaled", "--replicas=3");
    await kubectl("rollout", "status", "deployment/scaled", "--timeout=120s");
    const list = [
      "get",
      "pods",
      "-l",
      "app=scaled",
      "-o",
      'jsonpath={range .items[*]}{.metadata.name} {.status.podIP}{"\\n"}{end}',
    ];
    const pods = (await kubectl(...list))
      .trim()
      .split("\n")
      .map((line) => line.split(" "));
    expect(pods).toHaveLength(3);
    const [from] = pods[0] ?? [];
    for (const [name, address] of pods) {
      // The container runs before its server listens.
      await eventually(
        ["exec", from ?? "", "--", "timeout", "5", "wget", "-qO-", `http://${address ?? ""}/`],
        (page) => page.trim() === name,
      );
    }
    await kubectl("scale", "deployment/scaled", "--replicas=0");
    await eventually(list, (output) => output === "");
  });

  reading("Jobs complete, and a CronJob makes them", async () => {
    const { apply, kubectl, eventually } = cluster();
    const jobSpec = { template: { spec: { restartPolicy: "Never", containers: [container("main", "echo done")] } } };
    await apply(
      {
        apiVersion: "batch/v1",
        kind: "CronJob",
        metadata: { name: "tick" },
        spec: { schedule: "* * * * *", jobTemplate: { spec: jobSpec } },
      },
      {
        apiVersion: "batch/v1",
        kind: "Job",
        metadata: { name: "work" },
        spec: { completions: 2, parallelism: 2, ...jobSpec },
      },
    );
    await kubectl("wait", "--for=condition=Complete", "job/work", "--timeout=120s");
    expect(await kubectl("logs", "job/work")).toBe("done\n");
    await eventually(
      ["get", "jobs", "-o", "jsonpath={.items[*].metadata.ownerReferences[*].name}"],
      (names) => names.includes("tick"),
      90,
    );
  });

  reading("init containers run first, and a sidecar runs beside", async () => {
    const { apply, kubectl } = cluster();
    const shared = { volumeMounts: [{ name: "shared", mountPath: "/shared" }] };
    await apply(
      pod(
        "staged",
        [
          container(
            "main",
            `cat /shared/init; until grep -q side /shared/side; do sleep 0.1; done; cat /shared/side; ${sleepForever}`,
            shared,
          ),
        ],
        {
          initContainers: [
            container("first", "echo first > /shared/init", shared),
            container("side", `echo side > /shared/side; ${sleepForever}`, { restartPolicy: "Always", ...shared }),
          ],
          volumes: [{ name: "shared", emptyDir: {} }],
        },
      ),
    );
    await kubectl(...ready("staged"));
    await cluster().eventually(["logs", "staged", "-c", "main"], (output) => output === "first\nside\n");
  });

  test.concurrent("probes decide on readiness and restart, with back-off", async () => {
    const { apply, inPod, kubectl, eventually } = cluster();
    await apply(
      pod("probed", [
        container("main", `touch /tmp/alive; ${sleepForever}`, {
          startupProbe: { exec: { command: ["test", "-e", "/tmp/alive"] }, periodSeconds: 1 },
          readinessProbe: { exec: { command: ["test", "-e", "/tmp/ready"] }, periodSeconds: 1 },
          livenessProbe: { exec: { command: ["test", "-e", "/tmp/alive"] }, periodSeconds: 1, failureThreshold: 1 },
        }),
      ]),
      pod("crashing", [container("main", "exit 3")]),
    );
    const condition = [
      "get",
      "pod",
      "probed",
      "-o",
      "jsonpath={.status.phase} {.status.containerStatuses[0].ready} {.status.containerStatuses[0].restartCount}",
    ];
    await eventually(condition, (output) => output === "Running false 0");
    await inPod("probed", "sh", "-c", "touch /tmp/ready; echo done");
    await eventually(condition, (output) => output === "Running true 0");
    await inPod("probed", "sh", "-c", "rm /tmp/alive; echo done");
    // More than one where an answer was lost and the file removed again.
    await eventually(condition, (output) => /[1-9]$/.test(output));
    const crashes = [
      "get",
      "pod",
      "crashing",
      "-o",
      "jsonpath={.status.containerStatuses[0].lastState.terminated.exitCode}",
    ];
    await eventually(crashes, (output) => output === "3");
    // By the kubelet's event: the pod itself shows the back-off only where something else has it synced meanwhile
    // (completeWork in pkg/kubelet/pod_workers.go looks at it again when the back-off is over).
    const backOff = ["get", "events", "--field-selector=involvedObject.name=crashing,reason=BackOff", "-o", "name"];
    await eventually(backOff, (output) => output !== "");
    await kubectl("delete", "pod", "crashing", "--now");
  });

  reading("volumes hold what they say", async () => {
    const { apply, kubectl, eventually } = cluster();
    await apply(
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings" }, data: { colour: "green" } },
      { apiVersion: "v1", kind: "Secret", metadata: { name: "word" }, stringData: { word: "hush" } },
      pod(
        "volumes",
        [
          container(
            "main",
            `echo scratch > /empty/file; echo memory > /memory/file; echo host > /host/sandkube-e2e-file; ${sleepForever}`,
            {
              env: [
                { name: "COLOUR", valueFrom: { configMapKeyRef: { name: "settings", key: "colour" } } },
                { name: "POD_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
              ],
              resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "500m", memory: "64Mi" } },
              volumeMounts: [
                { name: "settings", mountPath: "/settings" },
                { name: "word", mountPath: "/word" },
                { name: "all", mountPath: "/all" },
                { name: "self", mountPath: "/self" },
                { name: "empty", mountPath: "/empty" },
                { name: "memory", mountPath: "/memory" },
                { name: "host", mountPath: "/host" },
              ],
            },
          ),
        ],
        {
          volumes: [
            { name: "settings", configMap: { name: "settings" } },
            { name: "word", secret: { secretName: "word", defaultMode: 0o400 } },
            {
              name: "all",
              projected: {
                sources: [
                  { configMap: { name: "settings" } },
                  { secret: { name: "word" } },
                  { serviceAccountToken: { path: "token" } },
                ],
              },
            },
            { name: "self", downwardAPI: { items: [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }] } },
            { name: "empty", emptyDir: {} },
            { name: "memory", emptyDir: { medium: "Memory", sizeLimit: "8Mi" } },
            { name: "host", hostPath: { path: "/tmp", type: "Directory" } },
          ],
        },
      ),
    );
    await kubectl(...ready("volumes"));
    const shell = (script: string): Promise<string> => kubectl("exec", "volumes", "--", "sh", "-c", script);
    expect(
      await shell(
        "cat /settings/colour /word/word /all/colour /all/word; echo; cut -c1-3 /all/token; cat /self/labels",
      ),
    ).toBe('greenhushgreenhush\neyJ\napp="volumes"');
    expect(await shell("cat /empty/file /memory/file; stat -f -c %T /memory; echo $COLOUR $POD_IP")).toMatch(
      /^scratch\nmemory\ntmpfs\ngreen 10\.244\.\d+\.\d+\n$/,
    );
    const host = await cluster().machine.shell("cat /tmp/sandkube-e2e-file; rm -f /tmp/sandkube-e2e-file");
    expect(host.stdout).toBe("host\n");
    await kubectl("patch", "configmap", "settings", "-p", '{"data":{"colour":"blue"}}');
    await eventually(["exec", "volumes", "--", "cat", "/settings/colour"], (output) => output === "blue", 240);
  });

  reading("a pod is told to end, and is given its time", async () => {
    const { apply, kubectl, machine } = cluster();
    await apply(
      pod(
        "graceful",
        [
          container(
            "main",
            "trap 'sleep 1; echo ended > /host/sandkube-e2e-ended; exit 0' TERM; echo up; while :; do sleep 1; done",
            { volumeMounts: [{ name: "host", mountPath: "/host" }] },
          ),
        ],
        {
          terminationGracePeriodSeconds: 20,
          volumes: [{ name: "host", hostPath: { path: "/tmp" } }],
        },
      ),
    );
    await kubectl(...ready("graceful"));
    await cluster().eventually(logs("graceful"), (output) => output === "up\n");
    await kubectl("delete", "pod", "graceful", "--timeout=120s");
    expect((await machine.shell("cat /tmp/sandkube-e2e-ended; rm -f /tmp/sandkube-e2e-ended")).stdout).toBe("ended\n");
  });

  test.concurrent("a hostNetwork pod has the node's address", async () => {
    const { apply, inPod, kubectl } = cluster();
    await apply(pod("on-host", [container("main", sleepForever)], { hostNetwork: true }));
    await kubectl(...ready("on-host"));
    expect(await kubectl("get", "pod", "on-host", "-o", "jsonpath={.status.podIP} {.status.hostIP}")).toBe(
      "10.244.0.1 10.244.0.1",
    );
    expect((await inPod("on-host", "ip", "-4", "-o", "address")).text).toContain("10.244.0.1/32");
  });

  test.concurrent("a service-account token opens the API, and RBAC closes it", async () => {
    const { kubectl, withToken } = cluster();
    const token = (await kubectl("create", "token", "default")).trim();
    const who = await withToken(token, "auth", "whoami", "-o", "jsonpath={.status.userInfo.username}");
    expect(who.stdout).toBe("system:serviceaccount:default:default");
    const secrets = await withToken(token, "get", "secrets");
    expect(secrets.stderr).toContain("Forbidden");
  });

  test.concurrent("an image that is not there says so", async () => {
    const { apply, eventually, kubectl } = cluster();
    await apply(
      pod("missing", [{ ...container("main", "true"), image: "localhost/none:1", imagePullPolicy: "Never" }]),
    );
    await eventually(
      ["get", "pod", "missing", "-o", "jsonpath={.status.containerStatuses[0].state.waiting.reason}"],
      (reason) => reason === "ErrImageNeverPull",
    );
    await kubectl("delete", "pod", "missing", "--now");
  });
}
