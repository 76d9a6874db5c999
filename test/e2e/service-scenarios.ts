import { expect, test } from "vitest";
import { waitUntil } from "../../src/host/wait-until.ts";
import { localHost } from "../../src/host/local-host.ts";
import type { StatusReport } from "../../src/cluster/status.ts";
import { container, pod, sleepForever } from "../../src/evidence/manifests.ts";
import { clusterName, type TestCluster } from "./test-cluster.ts";

/** A Deployment whose pods serve their own name. */
function deployment(name: string, replicas: number): object {
  const serve = container("main", "hostname > /tmp/index.html; exec httpd -f -p 8080 -h /tmp", {
    ports: [{ name: "http", containerPort: 8080 }],
    readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
  });
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { terminationGracePeriodSeconds: 0, containers: [serve] },
      },
    },
  };
}

function service(name: string, spec: object): object {
  return { apiVersion: "v1", kind: "Service", metadata: { name }, spec };
}

/** A request of a pod that prints the page, or why there is none. */
function get(url: string): string {
  return `timeout 5 wget -qO- http://${url}/ 2>&1 || true`;
}

/** The same on the node, where nobody has to have wget. */
function curl(url: string): string {
  return `curl -sS -m 5 http://${url}/ 2>&1 || true`;
}

/**
 * What people do with Services. Registers tests in the describe block at hand.
 *
 * @param cluster gives the cluster once the block's set-up has made it
 */
export function testServices(cluster: () => TestCluster): void {
  const inPod = async (name: string, script: string): Promise<string> =>
    (await cluster().inPod(name, "sh", "-c", script)).text;
  const onNode = async (script: string): Promise<string> => (await cluster().machine.shell(script)).stdout;
  const field = (kind: string, name: string, path: string): Promise<string> =>
    cluster().kubectl("get", kind, name, "-o", `jsonpath={${path}}`);
  /** Asks until the answer is as expected. */
  const until = async (ask: () => Promise<string>, what: string, holds: (answer: string) => boolean): Promise<string> =>
    (
      await waitUntil(
        async () => {
          const answer = await ask();
          return holds(answer) ? { ok: true as const, answer } : { ok: false as const, because: answer };
        },
        { clock: localHost().clock, what, timeout: 120_000, interval: 200 },
      )
    ).answer;

  test.concurrent("a Service answers at its ClusterIP, node port and balancer's address, evenly", async () => {
    const { apply, kubectl } = cluster();
    await apply(
      deployment("served", 2),
      service("served", {
        type: "LoadBalancer",
        selector: { app: "served" },
        ports: [{ name: "http", port: 80, targetPort: "http" }],
      }),
      pod("served-client", [container("main", sleepForever)]),
    );
    await kubectl("rollout", "status", "deployment/served", "--timeout=120s");
    await kubectl("wait", "--for=condition=Ready", "pod/served-client", "--timeout=120s");
    const address = await field("service", "served", ".spec.clusterIP");
    const nodePort = await field("service", "served", ".spec.ports[0].nodePort");
    await until(
      () => onNode(curl(address)),
      "both pods to answer",
      (page) => page.startsWith("served-"),
    );
    const balancer = await until(
      () => field("service", "served", ".status.loadBalancer.ingress[0].ip"),
      "an address",
      (ip) => ip !== "",
    );
    expect(balancer).toMatch(/^10\.245\./);
    const names = (await kubectl("get", "pods", "-l", "app=served", "-o", "jsonpath={.items[*].metadata.name}"))
      .split(" ")
      .sort();
    expect(names).toHaveLength(2);
    const nodeAddress = await field("pod", "served-client", ".status.hostIP");
    const places = [address, balancer, `${nodeAddress}:${nodePort}`];
    const named = [...places, "served", "served.default.svc"];
    const twice = (commands: readonly string[]): string =>
      commands.map((command) => `echo $( (${command}; ${command}) | sort )`).join("; ");
    for (const [ask, commands] of [
      [(script: string) => inPod("served-client", script), named.map(get)],
      [onNode, places.map(curl)],
    ] as const) {
      // The test itself asks in between, so that a turn is not always seen; both pods answer in the end.
      await until(
        () => ask(twice(commands)),
        "both pods to answer everywhere",
        (answer) => answer === `${names.join(" ")}\n`.repeat(commands.length),
      );
    }
    expect(await onNode(curl(`127.0.0.1:${nodePort}`))).toMatch(/^served-/);
    // A port that the service does not have, and an address that no service has.
    const nobody = [`${address}:81`, address.replace(/\.\d+$/, ".0")].map(get).join("; ");
    await until(
      () => inPod("served-client", nobody),
      "two refusals",
      (answer) => answer.match(/Connection refused/g)?.length === 2,
    );

    await kubectl("scale", "deployment/served", "--replicas=0");
    await until(
      () => inPod("served-client", places.map(get).join("; ")),
      "a refusal everywhere",
      (answer) => answer.match(/Connection refused/g)?.length === places.length,
    );
    await kubectl("scale", "deployment/served", "--replicas=1");
    await until(
      () => inPod("served-client", get(address)),
      "a new pod to answer",
      (page) => page.startsWith("served-") && !names.includes(page.trim()),
    );
  });

  test.concurrent("a pod reaches itself through its Service, and a client is kept with its pod", async () => {
    const { apply, kubectl } = cluster();
    const sessionAffinity = { sessionAffinity: "ClientIP" };
    await apply(
      deployment("sticky", 2),
      service("sticky", { selector: { app: "sticky" }, ports: [{ port: 80, targetPort: 8080 }], ...sessionAffinity }),
      service("plain", { selector: { app: "sticky" }, ports: [{ port: 80, targetPort: 8080 }] }),
    );
    await kubectl("rollout", "status", "deployment/sticky", "--timeout=120s");
    const [sticky, plain] = await Promise.all(
      ["sticky", "plain"].map((name) => field("service", name, ".spec.clusterIP")),
    );
    const list = ["get", "pods", "-l", "app=sticky", "-o", "jsonpath={.items[*].metadata.name}"];
    const names = (await kubectl(...list)).split(" ");
    for (const name of names) {
      await until(
        () => inPod(name, `for i in 1 2; do ${get(plain ?? "")}; done`),
        `${name} to reach itself`,
        (answer) => answer.includes(name),
      );
      await until(
        () => inPod(name, get(sticky ?? "")),
        "an answer",
        (answer) => answer.startsWith("sticky-"),
      );
      const pages = await inPod(name, `for i in 1 2 3 4 5; do ${get(sticky ?? "")}; done`);
      expect(new Set(pages.trim().split("\n")).size, pages).toBe(1);
    }
  });

  test.concurrent("UDP, and endpoints that were written by hand", async () => {
    const { apply, kubectl } = cluster();
    await apply(
      service("by-hand", { type: "NodePort", ports: [{ name: "dns", protocol: "UDP", port: 53 }] }),
      service("none", { clusterIP: "None", selector: { app: "by-hand" }, ports: [{ port: 80 }] }),
      pod("by-hand-client", [container("main", sleepForever)]),
    );
    await kubectl("wait", "--for=condition=Ready", "pod/by-hand-client", "--timeout=120s");
    const address = await field("service", "by-hand", ".spec.clusterIP");
    const nodeAddress = await field("pod", "by-hand-client", ".status.hostIP");
    const nodePort = await field("service", "by-hand", ".spec.ports[0].nodePort");
    // A name server that answers every question for an address with 192.0.2.77. It listens everywhere: in gVisor a UDP
    // socket on the node's address is mute once a pod is gone whose link had that address too (docs/adr/0009).
    const server = `
      const socket = require("node:dgram").createSocket("udp4");
      socket.on("message", (query, { address, port }) => {
        const head = Buffer.from(query);
        const isAddress = query.readUInt16BE(query.length - 4) === 1;
        head.writeUInt16BE(0x8180, 2);
        head.writeUInt16BE(isAddress ? 1 : 0, 6);
        const answer = Buffer.from("c00c000100010000003c0004c000024d", "hex");
        socket.send(isAddress ? Buffer.concat([head, answer]) : head, port, address);
      });
      socket.bind(15353);`;
    const started = await onNode(`nohup node -e '${server}' >/dev/null 2>&1 </dev/null & echo $!`);
    try {
      await apply({
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: { name: "by-hand-1", labels: { "kubernetes.io/service-name": "by-hand" } },
        addressType: "IPv4",
        ports: [{ name: "dns", protocol: "UDP", port: 15_353 }],
        endpoints: [{ addresses: [nodeAddress] }],
      });
      for (const place of [address, `${nodeAddress}:${nodePort}`]) {
        await until(
          () => inPod("by-hand-client", `timeout 5 nslookup any.example.org ${place} 2>&1 || true`),
          `the name server to answer at ${place}`,
          (answer) => answer.includes("192.0.2.77"),
        );
      }
    } finally {
      await onNode(`kill ${started.trim()}`);
    }
    expect(await field("service", "none", ".spec.clusterIP")).toBe("None");
  });

  test.concurrent("the API answers a pod at the address and at the name of the service kubernetes", async () => {
    const { apply, kubectl } = cluster();
    // kubectl is one static file; in a pod it takes the address and the token that every pod is given.
    const file = await onNode(`readlink -f /var/lib/sandkube/clusters/${clusterName}/bin/kubectl`);
    await apply(
      pod(
        "api-client",
        [container("main", sleepForever, { volumeMounts: [{ name: "kubectl", mountPath: "/kubectl" }] })],
        { volumes: [{ name: "kubectl", hostPath: { path: file.trim(), type: "File" } }] },
      ),
    );
    await kubectl("wait", "--for=condition=Ready", "pod/api-client", "--timeout=120s");
    const script = `
      echo "$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT"
      mkdir -p /tmp/bin && ln -sf /kubectl /tmp/bin/kubectl
      account=/var/run/secrets/kubernetes.io/serviceaccount
      for options in "" "--server=https://kubernetes.default.svc --certificate-authority=$account/ca.crt --token=$(cat $account/token)"; do
        timeout 20 /tmp/bin/kubectl $options auth whoami -o 'jsonpath={.status.userInfo.username}{"\\n"}' 2>&1 || true
      done`;
    await until(
      () => inPod("api-client", script),
      "the API server to answer",
      (answer) => answer === `10.96.0.1:443\n${"system:serviceaccount:default:default\n".repeat(2)}`,
    );
  });

  test.concurrent("what cannot be served is said in an event, and what is held is served once it is free", async () => {
    const { apply, kubectl, eventually } = cluster();
    const held = 30_999;
    const httpd = `echo held > /tmp/index.html; exec httpd -f -p 127.0.0.1:${String(held)} -h /tmp`;
    await apply(
      pod("holder", [container("main", httpd, { ports: [{ containerPort: held }] })], { hostNetwork: true }),
      deployment("late", 1),
    );
    await kubectl("wait", "--for=condition=Ready", "pod/holder", "--timeout=120s");
    await until(
      () => onNode(curl(`127.0.0.1:${String(held)}`)),
      "the holder to listen",
      (page) => page.includes("held"),
    );
    await apply(
      service("late", {
        type: "NodePort",
        selector: { app: "late" },
        ports: [
          { name: "http", port: 80, targetPort: 8080, nodePort: held },
          { name: "sctp", protocol: "SCTP", port: 80 },
        ],
      }),
    );
    const messages = ["get", "events", "--field-selector=involvedObject.name=late,type=Warning", "-o"];
    await eventually([...messages, "jsonpath={.items[*].message}"], (output) =>
      ["80/SCTP is not served", `${String(held)}/TCP is not served: the hostNetwork pod default/holder has it`].every(
        (text) => output.includes(text),
      ),
    );
    await kubectl("delete", "pod", "holder", "--now");
    await until(
      () => onNode(curl(`127.0.0.1:${String(held)}`)),
      "the service to have its port",
      (page) => page.startsWith("late-"),
    );
  });

  test.concurrent("a NetworkPolicy is refused at once by a warning, and by one event on it", async () => {
    const { kubectl, tryKubectl, eventually } = cluster();
    const applied = await tryKubectl(["apply", "-f", "-"], JSON.stringify(networkPolicy("refused", ["Ingress"])));
    expect(applied.exitCode, applied.stderr).toBe(0);
    expect(applied.stderr).toMatch(/^Warning: .*sandkube does not enforce NetworkPolicies/m);
    const message = await eventually(["events", "--for", "networkpolicy/refused", "--no-headers"], (lines) =>
      lines.includes("NotEnforced"),
    );
    expect(message).toMatch(/Warning +NotEnforced +NetworkPolicy\/refused +sandkube does not enforce NetworkPolicies/);
    // What changes nothing that the policy asks for is not said again; what does, is.
    await kubectl("label", "networkpolicy", "refused", "changed=label");
    await tryKubectl(["apply", "-f", "-"], JSON.stringify(networkPolicy("refused", ["Ingress", "Egress"])));
    await eventually(policyEvents("refused"), (names) => names.trim().split(" ").length === 2);
  });
}

/** A policy that would let nothing through. */
function networkPolicy(name: string, policyTypes: readonly string[]): object {
  const metadata = { name, namespace: "default" };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata,
    spec: { podSelector: {}, policyTypes },
  };
}

/** Asks for the events of a policy, each as its name and the version in which it was changed last. */
function policyEvents(name: string): readonly string[] {
  const fields = `involvedObject.kind=NetworkPolicy,involvedObject.name=${name}`;
  const each = "{range .items[*]}{.metadata.name}@{.metadata.resourceVersion} {end}";
  return ["get", "events", `--field-selector=${fields}`, "-o", `jsonpath=${each}`];
}

/** What would disturb the tests that {@link testServices} runs beside each other; takes away what they made. */
export function testRelayRestart(cluster: () => TestCluster): void {
  test("the relay, killed under load, is there again", async () => {
    const { apply, kubectl, machine, eventually } = cluster();
    await apply(
      deployment("loaded", 1),
      service("loaded", { selector: { app: "loaded" }, ports: [{ port: 80, targetPort: 8080 }] }),
    );
    await kubectl("rollout", "status", "deployment/loaded", "--timeout=120s");
    const said = await kubectl(...policyEvents("refused"));
    expect(said.trim().split(" ")).toHaveLength(2);
    const address = await kubectl("get", "service", "loaded", "-o", "jsonpath={.spec.clusterIP}");
    const { stdout } = await machine.sandkube("status", "--name", clusterName, "--output", "json");
    const relay = (JSON.parse(stdout) as StatusReport).components.find(({ name }) => name === "service-relay");
    // Connects again and again, kills the relay meanwhile, and says how long nobody answered (milliseconds).
    const load = `
      const net = require("node:net");
      let killed, failed = 0;
      const look = () => {
        const socket = net.connect({ host: ${JSON.stringify(address)}, port: 80 });
        socket.on("error", () => { if (killed) failed++; setTimeout(look, 5); });
        socket.on("connect", () => {
          socket.destroy();
          if (killed && failed > 0) { console.log(Math.round(performance.now() - killed)); process.exit(); }
          setTimeout(look, 5);
        });
      };
      for (let index = 0; index < 8; index++) look();
      setTimeout(() => { process.kill(${String(relay?.pid)}, "SIGKILL"); killed = performance.now(); }, 500);
      setTimeout(() => { console.log("nobody answered"); process.exit(1); }, 60000);`;
    const gap = await machine.shell(`node -e '${load}'`);
    process.stderr.write(`${machine.title}: the relay was away for ${gap.stdout.trim()} ms\n`);
    // The process starts again at once; how long that takes is the machine's, and a machine that runs tests is busy.
    expect(Number(gap.stdout), gap.stdout + gap.stderr).toBeLessThan(15_000);
    await eventually(["get", "--raw", "/readyz"], (output) => output === "ok");
    // The new process says what is new, and nothing again.
    await apply(networkPolicy("refused-later", ["Ingress"]));
    await eventually(policyEvents("refused-later"), (names) => names !== "");
    expect(await kubectl(...policyEvents("refused"))).toBe(said);
    await kubectl("delete", "networkpolicy", "refused", "refused-later");
    await kubectl("delete", "deployment", "served", "sticky", "late", "loaded", "--wait=false");
    await kubectl("delete", "pod", "served-client", "by-hand-client", "api-client", "--now", "--wait=false");
  });
}
