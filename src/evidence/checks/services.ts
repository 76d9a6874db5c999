import { stateLayout } from "../../contract/state-layout.ts";
import { judge, proved, Refutation, type Check } from "../check.ts";
import type { ClusterView, Look } from "../cluster-view.ts";
import { container, pod, ports, service, servingContainer, sleepForever } from "../manifests.ts";
import { clientPod, readyPod, webPod } from "../pods.ts";

interface Service {
  readonly spec: { readonly clusterIP: string; readonly ports: readonly { readonly nodePort?: number }[] };
}

/** The Service of the shared pod, at a cluster address and a node port. */
async function webService(
  cluster: ClusterView,
): Promise<{ readonly address: string; readonly nodePort: number; readonly word: string }> {
  const { word } = await webPod(cluster);
  const { spec } = await cluster.workspace.shared("web-service", () =>
    cluster.create<Service>(service("web", { type: "NodePort" })),
  );
  await readyPod(cluster, "web");
  return { address: spec.clusterIP, nodePort: spec.ports[0]?.nodePort ?? 0, word };
}

async function answersFromNode(cluster: ClusterView, url: string, word: string): Promise<void> {
  await cluster.holds(
    `${url} to answer the node`,
    async (): Promise<Look<undefined>> => {
      const answer = await cluster.fetch(url);
      if ("failed" in answer) return { ok: false, because: answer.failed };
      return answer.body === word ? { ok: true, value: undefined } : { ok: false, because: answer.body };
    },
    30,
  );
}

/** `service-from-node` */
export const serviceFromNode: Check = {
  id: "service-from-node",
  claim: "A Service answers at its cluster address, asked from the node",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster) {
    const { address, word } = await webService(cluster);
    await answersFromNode(cluster, `http://${address}:80/`, word);
    return proved(`${address}:80 answered with the pod's word`);
  },
};

/** `service-from-pod` */
export const serviceFromPod: Check = {
  id: "service-from-pod",
  claim: "A Service answers at its cluster address, asked from a pod",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster) {
    const { address, word } = await webService(cluster);
    const client = await clientPod(cluster);
    await cluster.holds(
      "the Service to answer the pod",
      async () => {
        const { text } = await cluster.inPod(client, `timeout 5 wget -qO- http://${address}/ 2>&1 || echo no answer`);
        return text === word ? { ok: true, value: undefined } : { ok: false, because: text };
      },
      30,
    );
    return proved(`${address}:80 answered with the pod's word`);
  },
};

/** `node-port` */
export const nodePort: Check = {
  id: "node-port",
  claim: "A Service of type NodePort answers at that port of the node's address and of 127.0.0.1",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster) {
    const { nodePort: port, word } = await webService(cluster);
    const { nodeAddress } = cluster.spec.network;
    for (const address of [nodeAddress, "127.0.0.1"]) {
      await answersFromNode(cluster, `http://${address}:${String(port)}/`, word);
    }
    return proved(`${nodeAddress}:${String(port)} and 127.0.0.1:${String(port)} answered with the pod's word`);
  },
};

/** `service-balances` */
export const serviceBalances: Check = {
  id: "service-balances",
  claim: "A Service with two endpoints sends connections to both",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster) {
    // A port each, behind one name: the two may run on one network.
    const pods = [
      { name: "pair-1", port: ports.firstOfPair },
      { name: "pair-2", port: ports.secondOfPair },
    ];
    const names = pods.map(({ name }) => name);
    for (const { name, port } of pods) {
      const { metadata, ...manifest } = pod(name, [servingContainer(name, port)]);
      await cluster.create({ ...manifest, metadata: { ...metadata, labels: { app: "pair" } } });
    }
    const { spec } = await cluster.create<Service>(service("pair"));
    for (const name of names) await readyPod(cluster, name);
    const counts = new Map<string, number>();
    await cluster.holds("both pods to answer", async () => {
      const answer = await cluster.fetch(`http://${spec.clusterIP}:80/`);
      const who = "failed" in answer ? answer.failed : answer.body;
      counts.set(who, (counts.get(who) ?? 0) + 1);
      const tally = [...counts].map(([name, count]) => `${name}: ${String(count)}`).join(", ");
      cluster.exhibit(`who answered at ${spec.clusterIP}:80`, tally);
      return names.every((name) => counts.has(name)) ? { ok: true, value: undefined } : { ok: false, because: tally };
    });
    for (const name of names) await cluster.remove(cluster.path("pods", name));
    await cluster.remove(cluster.path("services", "pair"));
    return proved([...counts].map(([name, count]) => `${name} answered ${String(count)} times`).join(", "));
  },
};

/** `service-without-endpoints` */
export const serviceWithoutEndpoints: Check = {
  id: "service-without-endpoints",
  claim: "A Service without endpoints refuses at once, instead of letting its clients wait",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster) {
    const { spec } = await cluster.create<Service>(service("empty"));
    const client = await clientPod(cluster);
    const fromNode = await cluster.fetch(`http://${spec.clusterIP}:80/`);
    const { text } = await cluster.inPod(
      client,
      `timeout 5 wget -qO- http://${spec.clusterIP}/ 2>&1 || true; echo asked`,
    );
    await cluster.remove(cluster.path("services", "empty"));
    const said = "failed" in fromNode ? fromNode.failed : `an answer: ${fromNode.body}`;
    return judge(
      said === "ECONNREFUSED" && text.includes("Connection refused"),
      `the node is told ${said}, the pod: ${text.split("\n")[0] ?? ""}`,
    );
  },
};

/** `api-from-pod` */
export const apiFromPod: Check = {
  id: "api-from-pod",
  claim:
    "A program in a pod reaches the API server by the address, the token and the authority that every pod is given",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster) {
    // kubectl is one static file of the node; in a pod it takes what every client library takes.
    const { files } = cluster.host;
    const program = await files.readLink(`${stateLayout(cluster.spec.stateDirectory).programs}/kubectl`);
    await cluster.create(
      pod(
        "api-client",
        [container("main", sleepForever, { volumeMounts: [{ name: "kubectl", mountPath: "/kubernetes/kubectl" }] })],
        { volumes: [{ name: "kubectl", hostPath: { path: program, type: "File" } }] },
      ),
    );
    await readyPod(cluster, "api-client");
    const wanted = `system:serviceaccount:${cluster.namespace}:default`;
    const script = `timeout 20 /kubernetes/kubectl auth whoami -o 'jsonpath={.status.userInfo.username}' 2>&1; echo; echo "$KUBERNETES_SERVICE_HOST"`;
    const address = await cluster.holds("the API server to answer the pod", async () => {
      const [who = "", host = ""] = (await cluster.inPod("api-client", script)).text.split("\n");
      return who === wanted ? { ok: true, value: host } : { ok: false, because: who };
    });
    await cluster.remove(cluster.path("pods", "api-client"));
    return proved(`asked at ${address}, it says that the pod is ${wanted}`);
  },
};

/** `egress` */
export const egress: Check = {
  id: "egress",
  claim: "A pod reaches outside of the cluster what the node reaches",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster) {
    const { egress: way, resolvers } = cluster.spec.network;
    if (way.kind === "none")
      return { outcome: "not-applicable", because: `pods have no way out, as is disclosed: ${way.because}` };
    const outside = resolvers.filter((address) => !address.startsWith("127."));
    const client = await clientPod(cluster);
    // A name server is the one thing outside that is known to answer; that it does is seen from the node first.
    for (const server of outside) {
      const question = { name: ".", type: "NS" } as const;
      const fromNode = await cluster.host.sockets.askNameServer(server, question, 5000);
      cluster.exhibit(`name server ${server}, asked from the node`, fromNode);
      if (!fromNode.answered) continue;
      const { text } = await cluster.inPod(
        client,
        `timeout 10 nslookup -type=ns . ${server} 2>&1; echo "exit code $?"`,
      );
      // busybox says "can't find" for a refusal, which is an answer, and "timed out" where there is none.
      if (/timed out|unreachable|143|124/.test(text))
        throw new Refutation(`the node reaches ${server}, a pod does not: ${text}`);
      return proved(`a pod asked the name server ${server} and was answered`);
    }
    return {
      outcome: "inconclusive",
      because: "nothing outside is known that answers the node: it has no name server that does",
    };
  },
};
