import { judge, notApplicable, proved, type Check } from "../check.ts";
import type { ClusterView } from "../cluster-view.ts";
import { container, pod, sleepForever } from "../manifests.ts";
import { clientPod, readyPod, sharedPod } from "../pods.ts";

const domain = "svc.cluster.local";

/** Looks a name up in a pod until the answer is as expected: endpoints reach the name server a moment later. */
async function finds(
  cluster: ClusterView,
  from: string,
  words: string,
  holds: (answer: string) => boolean,
): Promise<string> {
  return cluster.holds(
    `nslookup ${words}`,
    async () => {
      const { text } = await cluster.inPod(from, `nslookup ${words} 2>&1; true`);
      return holds(text) ? { ok: true, value: text } : { ok: false, because: text };
    },
    45,
  );
}

/** Whether nslookup names an address as the answer; the server it asked stands there as well, with a port. Pure. */
export function findsAddress(answer: string, address: string): boolean {
  return answer.split("\n").includes(`Address: ${address}`);
}

async function apiAddress(cluster: ClusterView): Promise<string> {
  const { spec } = await cluster.read<{ spec: { clusterIP: string } }>(
    "/api/v1/namespaces/default/services/kubernetes",
  );
  return spec.clusterIP;
}

/** `dns-service` */
export const dnsService: Check = {
  id: "dns-service",
  claim: "A pod finds a Service by its full name and, through the search path, by its short one",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster) {
    const client = await clientPod(cluster);
    const address = await apiAddress(cluster);
    await finds(cluster, client, `kubernetes.default.${domain}`, (answer) => findsAddress(answer, address));
    // ping says the address that libc has found before it sends anything.
    const short = await cluster.holds(
      "the short name to be found",
      async () => {
        const { text } = await cluster.inPod(client, "ping -c 1 -W 1 kubernetes.default 2>&1; true");
        const found = /^PING \S+ \((\S+)\)/.exec(text)?.[1];
        return found === undefined ? { ok: false, because: text } : { ok: true, value: found };
      },
      45,
    );
    return judge(short === address, `kubernetes.default is ${short}; the Service has ${address}`);
  },
};

/** `dns-headless` */
export const dnsHeadless: Check = {
  id: "dns-headless",
  claim: "A headless Service names each of its pods, by name and in reverse",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster) {
    const client = await clientPod(cluster);
    const { address, service } = await namedPod(cluster);
    const name = `named.${service}`;
    await finds(cluster, client, service, (answer) => findsAddress(answer, address));
    await finds(cluster, client, name, (answer) => findsAddress(answer, address));
    await finds(cluster, client, address, (answer) => answer.includes(`name = ${name}`));
    return proved(`${service} and ${name} are ${address}, and ${address} is ${name}`);
  },
};

/** `dns-srv` */
export const dnsSrv: Check = {
  id: "dns-srv",
  claim: "An SRV record names the port and the host of each endpoint",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster) {
    const client = await clientPod(cluster);
    const { service } = await namedPod(cluster);
    const wanted = new RegExp(`service = \\d+ \\d+ 8080 named\\.${service.replaceAll(".", "\\.")}`);
    const answer = await finds(cluster, client, `-type=srv _http._tcp.${service}`, (text) => wanted.test(text));
    return proved(wanted.exec(answer)?.[0] ?? "");
  },
};

/** `dns-reverse` */
export const dnsReverse: Check = {
  id: "dns-reverse",
  claim: "The address of a Service has the Service's name",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster) {
    const client = await clientPod(cluster);
    const address = await apiAddress(cluster);
    const name = `kubernetes.default.${domain}`;
    await finds(cluster, client, address, (answer) => answer.includes(`name = ${name}`));
    return proved(`${address} is ${name}`);
  },
};

/** `dns-unknown` */
export const dnsUnknown: Check = {
  id: "dns-unknown",
  claim: "A name of the cluster that nobody has is denied, and not answered by silence",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster) {
    const client = await clientPod(cluster);
    await finds(cluster, client, `nothing.${cluster.namespace}.${domain}`, (answer) => answer.includes("NXDOMAIN"));
    return proved("the answer is NXDOMAIN");
  },
};

/** `dns-outside` */
export const dnsOutside: Check = {
  id: "dns-outside",
  claim: "A name outside of the cluster is answered, by the machine's name servers or with a clear denial",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster) {
    const client = await clientPod(cluster);
    const { resolvers } = cluster.spec.network;
    if (resolvers.length > 0) {
      const question = { name: "nothing.invalid", type: "A" } as const;
      const answers = await Promise.all(
        resolvers.map((server) => cluster.host.sockets.askNameServer(server, question, 5000)),
      );
      cluster.exhibit(`name servers ${resolvers.join(", ")}, asked from the node`, answers);
      if (!answers.some(({ answered }) => answered)) {
        return notApplicable(`the machine's own name servers (${resolvers.join(", ")}) do not answer now`);
      }
    }
    const { text, exitCode } = await cluster.inPod(client, "timeout 15 nslookup nothing.invalid 2>&1; exit $?");
    return judge(
      text.includes("NXDOMAIN"),
      `${resolvers.length === 0 ? "no name server is asked" : `${resolvers.join(", ")} is asked`}; the answer: ${text.includes("NXDOMAIN") ? "NXDOMAIN" : `${text} (exit code ${String(exitCode)})`}`,
    );
  },
};

/** A pod with a host name of its own, behind a headless Service. */
async function namedPod(cluster: ClusterView): Promise<{ readonly address: string; readonly service: string }> {
  await sharedPod(cluster, "named", () => ({
    manifest: pod("named", [container("main", sleepForever)], { hostname: "named", subdomain: "peers" }),
    value: undefined,
  }));
  await cluster.workspace.shared("peers", () =>
    cluster.create({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "peers" },
      spec: { clusterIP: "None", selector: { app: "named" }, ports: [{ name: "http", port: 8080 }] },
    }),
  );
  return { address: await readyPod(cluster, "named"), service: `peers.${cluster.namespace}.${domain}` };
}
