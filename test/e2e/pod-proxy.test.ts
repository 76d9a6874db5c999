import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import type { ClusterConfig } from "../../src/cluster/cluster-options.ts";
import type { DoctorReport } from "../../src/cluster/doctor.ts";
import { sandkubeInside } from "../../src/cluster/sandboxes.ts";
import { expectSchema } from "./expect-schema.ts";
import { cannotTest, sandboxMachine, type Outcome, type TestMachine } from "./machine.ts";
import { tracesOn } from "./machine-traces.ts";
import { container, modestContainer, pod, sleepForever } from "../../src/evidence/manifests.ts";
import { makeProxiedSurroundings, outside, type ProxiedSurroundings } from "./proxied-surroundings.ts";
import { testMetricsServer } from "./addon-scenarios.ts";
import { registryUser } from "./outside-registries.ts";
import { clusterName, startCluster, type TestCluster } from "./test-cluster.ts";
import { verifyOn } from "./verify-scenarios.ts";

const because = cannotTest();
if (because !== undefined) process.stderr.write(`pod proxy: skipped: ${because}\n`);

const authorities = "/var/run/secrets/sandkube.dev/pod-proxy/ca-certificates.crt";
const registryLogin = Buffer.from(`${registryUser.username}:${registryUser.password}`).toString("base64");
const state = `/var/lib/sandkube/clusters/${clusterName}`;

describe.skipIf(because !== undefined)("a sandbox whose only way out is a proxy", { timeout: 360_000 }, () => {
  let sandbox: TestMachine;
  /** The same, with what its surroundings say in the environment of sandkube. */
  let machine: TestMachine;
  let surroundings: ProxiedSurroundings;
  let cluster: TestCluster;
  let before: Readonly<Record<string, readonly string[]>>;

  beforeAll(async () => {
    sandbox = await sandboxMachine({ gvisor: "20260701", profile: "agent", overlay: "none" });
    before = await tracesOn(sandbox);
    const { stdout: route } = await sandbox.shell("ip -4 route show default");
    surroundings = await makeProxiedSurroundings(/via (\S+)/.exec(route)?.[1] ?? "");
    await sandbox.shell(`cat > /root/outside.crt <<'END'\n${surroundings.authority}\nEND`);
    await sandbox.shell(`cat > /root/third.crt <<'END'\n${surroundings.registries.thirdAuthority}\nEND`);
    await sandbox.shell(`cat > /root/other.crt <<'END'\n${surroundings.registries.otherAuthority}\nEND`);
    const { closed, tokens } = surroundings.registries;
    const auths = Object.fromEntries(
      [closed, tokens].map((port) => [`${outside}:${String(port)}`, { auth: registryLogin }]),
    );
    await sandbox.shell(`mkdir /root/docker && echo '${JSON.stringify({ auths })}' > /root/docker/config.json`);
    machine = { ...sandbox, sandkube: (...words) => sandkubeWith({}, ...words) };
    cluster = await startCluster(machine, "node", {
      network: { podProxy: true },
      registries: routes(),
      addons: ["metrics-server"],
    });
  });

  afterAll(async () => {
    await (cluster as TestCluster | undefined)?.[Symbol.asyncDispose]();
    await (surroundings as ProxiedSurroundings | undefined)?.[Symbol.asyncDispose]();
    await (sandbox as TestMachine | undefined)?.[Symbol.asyncDispose]();
  });

  /** sandkube, told of its surroundings, and of something else. */
  const sandkubeWith = (others: Readonly<Record<string, string>>, ...words: readonly string[]): Promise<Outcome> => {
    const proxies = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"];
    const environment = {
      ...Object.fromEntries(proxies.map((name) => [name, surroundings.proxy])),
      SSL_CERT_FILE: "/root/outside.crt",
      NODE_EXTRA_CA_CERTS: "/root/other.crt",
      DOCKER_CONFIG: "/root/docker",
      ...others,
    };
    const settings = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    return sandbox.shell(`export ${settings.join(" ")}; exec ${sandkubeInside(words).join(" ")}`);
  };
  const routes = (): NonNullable<ClusterConfig["registries"]> => {
    const { open, closed, plain, tokens } = surroundings.registries;
    return {
      "registry.k8s.io": { mirrors: [`https://${outside}:${String(open)}/k8s`] },
      "quay.io": { mirrors: [`https://${outside}:${String(closed)}/quay`] },
      "ghcr.io": { mirrors: [`https://${outside}:${String(tokens)}/tokens`], authority: "/root/third.crt" },
      [`${outside}:${String(plain)}`]: { plainHttp: true },
    };
  };
  const inPod = async (name: string, script: string, namespace = "default"): Promise<string> => {
    const words = ["exec", "-n", namespace, name, "-c", "main", "--", "sh", "-c", script];
    const { stdout, stderr } = await cluster.tryKubectl(words);
    return stdout + stderr;
  };
  const ready = (name: string, namespace = "default"): Promise<string> =>
    cluster.kubectl("wait", "-n", namespace, "--for=condition=Ready", `pod/${name}`, "--timeout=120s");

  test("up says what pods are told, and the password is nowhere but where pods need it", async () => {
    const { password, proxy } = surroundings;
    const notes = cluster.report.notes.join("\n");
    expect(notes).toContain(`New pods are told of the proxy http://${proxy.split("@")[1] ?? ""}`);
    expect(notes).toContain("can be read by whoever may read pods");
    expect(notes).toMatch(/export NO_PROXY=\S*10\.96\.0\.0\/16/);
    expect(JSON.stringify(cluster.report)).not.toContain(password);
    const report = await machine.sandkube("report", "--name", clusterName);
    expect(report.stdout + report.stderr).not.toContain(password);
    // A class, so that the pattern does not find itself on a command line.
    const pattern = `[${password.slice(0, 1)}]${password.slice(1)}`;
    const files = await machine.shell(
      `cd ${state} && grep -rl '${pattern}' . --exclude-dir=datastore --exclude-dir=kubelet --exclude-dir=containerd | xargs stat -c '%a %n'`,
    );
    expect(files.stdout, files.stderr).toBe("600 ./cluster.json\n");
    const commands = await machine.shell(`grep -l '${pattern}' /proc/[0-9]*/cmdline 2>/dev/null`);
    expect(commands.stdout).toBe("");
  });

  test("a pod that the restricted standard admits has the proxy and the authority, and gets out", async () => {
    const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
    await cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "strict", labels } });
    const description = pod("modest", [container("main", sleepForever, modestContainer)], {
      initContainers: [container("first", `wget -qO- ${surroundings.http} > /dev/termination-log`, modestContainer)],
    }) as { readonly metadata: object };
    const account = ["get", "serviceaccount", "default", "-n", "strict", "-o", "name"];
    await cluster.eventually(account, (name) => name !== "");
    await cluster.apply({ ...description, metadata: { ...description.metadata, namespace: "strict" } });
    await ready("modest", "strict");
    const script = `wget -qO- ${surroundings.http} 2>&1; cat ${authorities}`;
    const answer = await inPod("modest", script, "strict");
    expect(answer).toContain(surroundings.word);
    expect(answer).toContain(surroundings.authority.trim());
    const first = "{.status.initContainerStatuses[0].state.terminated.message}";
    const said = await cluster.kubectl("get", "pod", "modest", "-n", "strict", "-o", `jsonpath=${first}`);
    expect(said.trim()).toBe(surroundings.word);
    expect(await surroundings.log()).toContain(`http://${outside}`);
  });

  test("TLS by a private authority goes through the proxy; a service and the API server do without", async () => {
    const { apply, kubectl } = cluster;
    // kubectl is a program of Go, in one file, that takes proxy and authorities from the environment.
    const { stdout: file } = await machine.shell(`readlink -f ${state}/bin/kubectl`);
    const volumeMounts = [{ name: "kubectl", mountPath: "/kubectl" }];
    await apply(
      pod("client", [container("main", sleepForever, { volumeMounts })], {
        volumes: [{ name: "kubectl", hostPath: { path: file.trim(), type: "File" } }],
      }),
      pod("web", [container("main", "echo served > /tmp/index.html; exec httpd -f -p 8080 -h /tmp")]),
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "web" },
        spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }] },
      },
    );
    await Promise.all([ready("client"), ready("web")]);
    await inPod("client", "mkdir -p /tmp/bin && ln -sf /kubectl /tmp/bin/kubectl");
    const ask = (server: string, setting = ""): Promise<string> =>
      inPod(
        "client",
        `${setting} timeout 30 /tmp/bin/kubectl --server=${server} --token=none get --raw /index.html 2>&1`,
      );

    expect(await ask(surroundings.https)).toContain(surroundings.word);
    expect(await surroundings.log()).toContain(`CONNECT ${outside}`);
    // What made the difference is the file, and the proxy.
    expect(await ask(surroundings.https, "SSL_CERT_FILE=/nowhere")).toContain("unknown authority");
    expect(await ask(surroundings.https, "HTTPS_PROXY= https_proxy=")).toMatch(/no such host|server misbehaving/);

    expect(await inPod("client", `(echo more >> ${authorities}) 2>&1`)).toContain("Read-only file system");

    const address = await kubectl("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}");
    const places = ["web.default.svc", "web.default.svc.cluster.local", address];
    for (const place of places) expect(await ask(`http://${place}`), place).toContain("served");
    expect(await inPod("client", "timeout 30 /tmp/bin/kubectl auth whoami 2>&1")).toContain(
      "system:serviceaccount:default:default",
    );
    const log = await surroundings.log();
    for (const place of [...places, "10.96.0.1", "10.244.0.1"]) expect(log).not.toContain(place);
  });

  test("what a container says itself stays, and who does not want the proxy has none", async () => {
    const { apply, kubectl } = cluster;
    const own = {
      env: [
        { name: "http_proxy", value: "http://own:1" },
        { name: "SSL_CERT_FILE", value: "/own" },
      ],
    };
    await apply(
      pod("own", [container("main", "env; exec sleep 1000", own), container("other", sleepForever)]),
      {
        ...pod("without", [container("main", sleepForever)]),
        metadata: { name: "without", labels: { "sandkube.dev/pod-proxy": "off" } },
      },
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "off", labels: { "sandkube.dev/pod-proxy": "off" } } },
    );
    const field = (name: string, path: string): Promise<string> =>
      kubectl("get", "pod", name, "-o", `jsonpath={${path}}`);
    const values = await field("own", ".spec.containers[0].env[*].name");
    expect(values.split(" ").sort()).toEqual(
      [
        ...["http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"],
        ...["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO"],
      ].sort(),
    );
    expect(await field("own", '.spec.containers[0].env[?(@.name=="SSL_CERT_FILE")].value')).toBe("/own");
    expect(await field("own", '.spec.containers[1].env[?(@.name=="HTTP_PROXY")].value')).toBe(surroundings.proxy);
    expect(await field("without", ".spec.containers[0].env")).toBe("");
    expect(await field("without", ".spec.volumes[*].name")).not.toContain("sandkube");
    await cluster.eventually(["get", "serviceaccount", "default", "-n", "off", "-o", "name"], (name) => name !== "");
    const there = [
      "run",
      "there",
      "-n",
      "off",
      "--image=none",
      "--dry-run=server",
      "-o",
      "jsonpath={.spec.containers[0].env}",
    ];
    expect(await kubectl(...there)).toBe("");
    // A pod that is made of another's description has each thing once.
    const described = JSON.parse(await kubectl("get", "pod", "own", "-o", "json")) as {
      readonly spec: { readonly volumes: readonly { readonly name: string }[] };
    };
    await apply({ ...described, metadata: { name: "copy" }, status: undefined });
    const copied = await field("copy", ".spec.volumes[*].name");
    expect(copied.split(" ").sort()).toEqual(described.spec.volumes.map(({ name }) => name).sort());
  });

  test("images come by the proxy: from mirrors, with credentials, and by authorities of each kind", async () => {
    const { registries } = surroundings;
    const { words } = registries;
    const images = {
      "by-mirror": { image: "registry.k8s.io/word:1", word: words["k8s/word"] },
      "by-closed-mirror": { image: "quay.io/word:1", word: words["quay/word"] },
      "by-token": { image: "ghcr.io/word:1", word: words["tokens/word"] },
      "by-login": { image: `${outside}:${String(registries.closed)}/direct/word:1`, word: words["direct/word"] },
      "by-plain-http": { image: `${outside}:${String(registries.plain)}/plain/word:1`, word: words["plain/word"] },
    };
    const all = Object.entries(images);
    await cluster.apply(...all.map(([name, { image }]) => pod(name, [{ name: "main", image }])));
    await Promise.all(all.map(([name]) => ready(name)));
    for (const [name, { word }] of all) expect(await cluster.kubectl("logs", name), name).toBe(`${word}\n`);
    const log = await surroundings.log();
    for (const port of [registries.open, registries.closed])
      expect(log).toContain(`CONNECT ${outside}:${String(port)}`);
    expect(log).toContain(`http://${outside}:${String(registries.plain)}/v2/plain/word/`);
    expect(log).not.toMatch(/CONNECT (registry\.k8s|quay|ghcr)\.io/);
  });

  test("the credentials of registries are where they are needed, for root only, and nowhere else", async () => {
    const { closed, tokens } = surroundings.registries;
    const both = [closed, tokens].map((port) => `${outside}:${String(port)}`).join(", ");
    const told = `Every pod's images are pulled with the credentials of the docker config for ${both}.`;
    expect(cluster.report.notes).toContain(told);
    const [plain, encoded] = [registryUser.password, registryLogin].map(
      (text) => `[${text.slice(0, 1)}]${text.slice(1)}`,
    );
    const search = `grep -rlE '${plain ?? ""}|${encoded ?? ""}'`;
    const files = await machine.shell(
      `cd ${state} && ${search} . --exclude-dir=datastore --exclude-dir=containerd --exclude-dir=pods | sort | xargs stat -c '%a %n'`,
    );
    expect(files.stdout, files.stderr).toBe(
      "600 ./configuration/registries/ghcr.io/hosts.toml\n600 ./configuration/registries/quay.io/hosts.toml\n600 ./kubelet/config.json\n",
    );
    const report = await machine.sandkube("report", "--name", clusterName, "--output", "json");
    for (const secret of [registryUser.password, registryLogin]) {
      expect(report.stdout + JSON.stringify(cluster.report)).not.toContain(secret);
    }
    const commands = await machine.shell(
      `grep -lE '${plain ?? ""}|${encoded ?? ""}' /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null`,
    );
    expect(commands.stdout).toBe("");
  });

  test("doctor tells which registries answer, and why the others do not", async () => {
    await sandbox.shell(`cat > /root/registries.yaml <<'END'\n${stringify({ registries: routes() })}END`);
    const doctor = async (others: Readonly<Record<string, string>>): Promise<Readonly<Record<string, string>>> => {
      const words = ["doctor", "--registries", "--config", "/root/registries.yaml", "--output", "json"];
      const { stdout, stderr } = await sandkubeWith(others, ...words);
      expect(stdout + stderr).not.toContain(surroundings.password);
      const report = JSON.parse(stdout) as DoctorReport;
      expectSchema("doctor", report);
      const told = (report.registries ?? []).map((one) => [
        `${one.kind} ${one.registry}`,
        `${one.verdict}: ${one.because}`,
      ]);
      return Object.fromEntries(told) as Record<string, string>;
    };
    const answers = await doctor({});
    const refused = `proxy-refused: the proxy http://${surroundings.proxy.split("@")[1] ?? ""} refused (403)`;
    expect(answers).toEqual({
      "mirror registry.k8s.io": "answers: it answers 200",
      "registry registry.k8s.io": refused,
      "mirror quay.io": "answers: it answers 200",
      "registry quay.io": refused,
      "mirror ghcr.io": "answers: it answers 200",
      "registry ghcr.io": refused,
      [`registry ${outside}:${String(surroundings.registries.plain)}`]: "answers: it answers 200",
      "registry docker.io": refused,
    });
    const others = await doctor({ DOCKER_CONFIG: "/nowhere", SSL_CERT_FILE: "/root/other.crt" });
    expect(others["mirror registry.k8s.io"]).toMatch(/^untrusted: the certificate of outside\.test:\d+ is not trusted/);
    expect(others["mirror quay.io"]).toMatch(/^unauthorized: it wants credentials \(401\)/);
    const alone = await doctor({ DOCKER_CONFIG: "/nowhere" });
    expect(alone["mirror ghcr.io"]).toMatch(/^unauthorized: its token server outside\.test:\d+: it wants credentials/);
  });

  testMetricsServer(() => cluster);

  test("verify proves it, and is itself not led astray by it", async () => {
    const checks = ["pod-proxy", "resource-metrics", "service-from-pod", "api-from-pod", "copy", "network-policy"];
    const { report } = await verifyOn(machine, "--only", checks.join());
    expect(report.verdict, JSON.stringify(report.checks.filter(({ outcome }) => outcome !== "proved"))).toBe("proved");
    expect(report.checks.map(({ id }) => id)).toEqual(expect.arrayContaining(checks));
    expect(JSON.stringify(report)).not.toContain(surroundings.password);
  });

  test("a cluster that is started again without it tells new pods of none, and has no add-on", async () => {
    expect((await machine.sandkube("down", "--name", clusterName, "--keep-state")).exitCode).toBe(0);
    cluster = await startCluster(machine);
    expect(cluster.report.notes.join("\n")).not.toContain("New pods are told");
    await cluster.apply(pod("later", [container("main", sleepForever)]));
    await ready("later");
    expect(await cluster.kubectl("get", "pod", "later", "-o", "jsonpath={.spec.containers[0].env}")).toBe("");
    expect((await machine.shell(`ls ${state}/configuration/registries`)).stdout).toBe("");
    const objects = ["mutatingadmissionpolicies,mutatingadmissionpolicybindings", "-o", "name"];
    expect(await cluster.kubectl("get", ...objects)).toBe("");
    expect(cluster.report.addons).toEqual([]);
    const roles = ["apiservices,clusterroles,clusterrolebindings", "-o", "name"];
    await cluster.eventually(["get", ...roles], (names) => names !== "" && !names.includes("metrics"));
  });

  test("down leaves nothing", async () => {
    const down = await machine.sandkube("down", "--name", clusterName);
    expect(down.exitCode, down.stderr).toBe(0);
    expect(await tracesOn(sandbox)).toEqual(before);
  });
});
