import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { expect, test } from "vitest";
import type { StatusReport } from "../../src/cluster/status.ts";
import { container, pod, sleepForever } from "../../src/evidence/manifests.ts";
import { clusterName, type TestCluster } from "./test-cluster.ts";

const dnsAddress = "10.96.0.10";
const apiAddress = "10.96.0.1";
const malformedPackets = readFileSync(new URL("../fixtures/programs/malformed-packets.mjs", import.meta.url), "utf8");
const domain = "default.svc.cluster.local";

/**
 * What people expect of a cluster's DNS. Registers a test for each in the describe block at hand.
 *
 * @param cluster gives the cluster once the block's set-up has made it
 */
export function testDns(cluster: () => TestCluster): void {
  /** Makes a pod that names are looked up in. */
  const client = async (name: string, spec: object = {}): Promise<void> => {
    await cluster().apply(pod(name, [container("main", sleepForever)], spec));
    await cluster().kubectl("wait", "--for=condition=Ready", `pod/${name}`, "--timeout=120s");
  };
  /** busybox's nslookup, which asks for a name with dots as it stands, whatever the search path says. */
  const nslookup = async (from: string, ...words: string[]): Promise<string> =>
    (await cluster().inPod(from, "nslookup", ...words)).text;
  /** The address that libc finds for a name, search path and all: ping says it before it sends anything. */
  const resolve = async (from: string, name: string): Promise<string | undefined> => {
    const { text } = await cluster().inPod(from, "ping", "-c", "1", "-W", "1", name);
    return /^PING \S+ \((\S+)\)/.exec(text)?.[1];
  };
  const remove = (...names: string[]): Promise<string> => cluster().kubectl("delete", "pod", "--now", ...names);
  const resolvConf = async (from: string): Promise<string> =>
    (await cluster().inPod(from, "cat", "/etc/resolv.conf")).text;

  test.concurrent("a pod finds services: by name, by search path, in reverse, by SRV", async () => {
    await client("finder");
    expect(await resolvConf("finder")).toBe(
      `search ${domain} svc.cluster.local cluster.local\nnameserver ${dnsAddress}\noptions ndots:5\n`,
    );
    expect(await nslookup("finder", `kubernetes.${domain}`)).toContain(`Address: ${apiAddress}\n`);
    for (const name of ["kubernetes", "kubernetes.default", "kubernetes.default.svc", `kubernetes.${domain}`]) {
      expect(await resolve("finder", name), name).toBe(apiAddress);
    }
    expect(await nslookup("finder", apiAddress)).toContain(`name = kubernetes.${domain}`);
    expect(await nslookup("finder", "-type=srv", `_https._tcp.kubernetes.${domain}`)).toMatch(
      new RegExp(`service = \\d+ \\d+ 443 kubernetes\\.${domain}`),
    );
    expect(await nslookup("finder", `nothing.${domain}`)).toContain("NXDOMAIN");
    await remove("finder");
  });

  test.concurrent("a name outside that nobody knows is answered within 2 seconds", async () => {
    await client("outsider");
    const { text, exitCode } = await cluster().inPod("outsider", "timeout", "2", "nslookup", "nothing.invalid");
    expect(text).toContain("NXDOMAIN");
    expect(exitCode).toBe(1);
    await remove("outsider");
  });

  test.concurrent("a headless service names its pods", async () => {
    const { apply, kubectl, eventually } = cluster();
    await apply({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "peers" },
      spec: { clusterIP: "None", selector: { role: "peer" }, ports: [{ name: "http", port: 80 }] },
    });
    for (const name of ["peer-0", "peer-1"]) {
      const peer = pod(name, [container("main", sleepForever)], { hostname: name, subdomain: "peers" });
      await apply({ ...peer, metadata: { name, labels: { role: "peer" } } });
    }
    await kubectl("wait", "--for=condition=Ready", "pod", "-l", "role=peer", "--timeout=120s");
    const list = await kubectl("get", "pods", "-l", "role=peer", "-o", "jsonpath={.items[*].status.podIP}");
    const [first = "", second = ""] = list.split(" ");
    const ask = (...words: string[]): string[] => ["exec", "peer-0", "--", "nslookup", ...words];
    await eventually(
      ask(`peers.${domain}`),
      (answer) => answer.includes(`Address: ${first}\n`) && answer.includes(`Address: ${second}\n`),
    );
    expect(await nslookup("peer-0", `peer-1.peers.${domain}`)).toContain(`Address: ${second}\n`);
    expect(await resolve("peer-0", "peer-1.peers")).toBe(second);
    expect(await nslookup("peer-0", second)).toContain(`name = peer-1.peers.${domain}`);
    const srv = await nslookup("peer-0", "-type=srv", `_http._tcp.peers.${domain}`);
    for (const name of ["peer-0", "peer-1"]) expect(srv).toContain(` 80 ${name}.peers.${domain}`);
    expect((await cluster().inPod("peer-0", "hostname", "-f")).text).toBe(`peer-0.peers.${domain}\n`);
    await remove("peer-1");
    await eventually(ask(`peers.${domain}`), (answer) => !answer.includes(second));
    await kubectl("delete", "service", "peers");
    await eventually(ask(`peers.${domain}`), (answer) => answer.includes("NXDOMAIN"));
    await remove("peer-0");
  });

  test.concurrent("dnsPolicy and dnsConfig are obeyed, with hostNetwork and without", async () => {
    await Promise.all([
      client("host-first", { hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" }),
      client("host-default", { hostNetwork: true }),
      client("own", {
        dnsPolicy: "None",
        dnsConfig: {
          nameservers: [dnsAddress],
          searches: ["svc.cluster.local"],
          options: [{ name: "ndots", value: "2" }],
        },
      }),
    ]);
    expect(await resolve("host-first", "kubernetes.default")).toBe(apiAddress);
    expect(await resolvConf("host-default")).not.toContain("cluster.local");
    expect(await resolvConf("own")).toBe(`search svc.cluster.local\nnameserver ${dnsAddress}\noptions ndots:2\n`);
    expect(await resolve("own", "kubernetes.default")).toBe(apiAddress);
    expect(await resolve("own", "kubernetes")).toBeUndefined();
    await remove("host-first", "host-default", "own");
  });

  test.concurrent("the service kube-dns is where people look for it, and its server may read little", async () => {
    const { kubectl, tryKubectl } = cluster();
    const service = ["get", "service", "kube-dns", "-n", "kube-system", "-o"];
    expect(await kubectl(...service, "jsonpath={.spec.clusterIP} {.spec.ports[*].protocol}")).toBe(
      `${dnsAddress} UDP TCP`,
    );
    const slices = ["get", "endpointslices", "-n", "kube-system", "-l", "kubernetes.io/service-name=kube-dns", "-o"];
    expect(await kubectl(...slices, "jsonpath={.items[*].endpoints[*].addresses}")).toBe('["10.244.0.1"]');
    const may = async (verb: string, resource: string): Promise<string> =>
      (await tryKubectl(["auth", "can-i", verb, resource, "-A", "--as=sandkube:coredns"])).stdout.trim();
    expect(await may("watch", "services")).toBe("yes");
    for (const resource of ["secrets", "configmaps", "pods"]) expect(await may("list", resource)).toBe("no");
    expect(await may("update", "services")).toBe("no");
  });

  test.concurrent("DNS listens on the cluster's own addresses alone", async () => {
    const outside = await new Promise<string>((resolved) => {
      const socket = connect({ host: cluster().machine.address, port: 53, timeout: 5000 });
      socket.once("connect", () => {
        resolved("connected");
        socket.destroy();
      });
      socket.once("timeout", () => {
        resolved("silent");
        socket.destroy();
      });
      socket.once("error", (error: NodeJS.ErrnoException) => {
        resolved(error.code ?? "");
      });
    });
    expect(outside).not.toBe("connected");
  });

  test.concurrent("malformed packets do not kill it", async () => {
    const { machine } = cluster();
    const { stdout, stderr } = await machine.shell(
      `PATH=$PATH:/opt/node/bin node --input-type=module - ${dnsAddress} <<'END'\n${malformedPackets}END`,
    );
    expect(stdout, stderr).toBe("udp NOERROR, tcp NOERROR\n");
    const status = await machine.sandkube("status", "--name", clusterName, "--output", "json");
    const { components } = JSON.parse(status.stdout) as StatusReport;
    expect(components.find(({ name }) => name === "coredns")).toMatchObject({ state: "ready", restarts: 0 });
  });
}
