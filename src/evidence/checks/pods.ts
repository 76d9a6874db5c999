import { BlockList } from "node:net";
import type { ClusterSpec } from "../../contract/cluster-spec.ts";
import { judge, proved, Refutation, refuted, type Check } from "../check.ts";
import { busybox, container, pod, ports, sleepForever } from "../manifests.ts";
import { podGone, podReadiness, readyPod, webPod, type Pod } from "../pods.ts";

/** `pod-runs`, on which all checks of containers stand. */
export const podRuns: Check = {
  id: "pod-runs",
  claim: "A pod runs, has an address of the network that pods are said to have, and serves the word that it was given",
  scope: "containers",
  async run(cluster) {
    const { name, word } = await webPod(cluster);
    const address = await cluster.holds(`pod ${name} to be Ready`, async () =>
      podReadiness(await cluster.read<Pod>(cluster.path("pods", name))),
    );
    cluster.exhibit(`pod ${name}: status.podIP`, address);
    const answer = await cluster.fetch(`http://${address}:${String(ports.web)}/`);
    if ("failed" in answer) return refuted(`it does not answer at ${address}: ${answer.failed}`);
    const network = networkOfPods(cluster.spec);
    const inNetwork = isInNetwork(address, network);
    return judge(
      answer.body === word && inNetwork,
      answer.body === word
        ? `it serves the word at ${address}, which is ${inNetwork ? "" : "not "}in ${network}`
        : `it should serve ${word} and serves ${answer.body.slice(0, 100)}`,
    );
  },
};

function networkOfPods({ mode, network }: ClusterSpec): string {
  return mode === "host-network" ? `${network.nodeAddress}/32` : network.podCidr;
}

/** Whether an address is one of a network's. Pure. */
export function isInNetwork(address: string, cidr: string): boolean {
  const [network = "", length = "32"] = cidr.split("/");
  const list = new BlockList();
  list.addSubnet(network, Number(length));
  return list.check(address);
}

/** `image-without-registry` */
export const imageWithoutRegistry: Check = {
  id: "image-without-registry",
  claim: "An image that is on the node runs without a registry, and one that is not there says so",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster) {
    const name = "no-image";
    await cluster.create(pod(name, [{ name: "main", image: "localhost/not-there:1", imagePullPolicy: "Never" }]));
    const reason = await cluster.holds("the missing image to be said", async () => {
      const { status } = await cluster.read<Pod>(cluster.path("pods", name));
      const said = status?.containerStatuses?.[0]?.state?.waiting?.reason ?? "nothing";
      return said.startsWith("ErrImage") ? { ok: true, value: said } : { ok: false, because: `it says ${said}` };
    });
    cluster.exhibit(`pod ${name}: the reason why it waits`, reason);
    await cluster.remove(cluster.path("pods", name));
    return judge(
      reason === "ErrImageNeverPull",
      `${busybox} runs with imagePullPolicy Never; a missing one says ${reason}`,
    );
  },
};

/** `events` */
export const events: Check = {
  id: "events",
  claim: "What happens to a pod is recorded as events, by the scheduler and by the kubelet",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster) {
    await webPod(cluster);
    const query = `${cluster.path("events")}?fieldSelector=${encodeURIComponent("involvedObject.name=web,involvedObject.kind=Pod")}`;
    const wanted = ["Scheduled", "Created", "Started"];
    return cluster.holds("the events to be there", async () => {
      const { items } = await cluster.read<{ items: readonly { reason?: string; message?: string }[] }>(query);
      cluster.exhibit(
        `GET ${query}`,
        items.map(({ reason, message }) => `${reason ?? ""}: ${message ?? ""}`).join("\n"),
      );
      const missing = wanted.filter((reason) => !items.some((event) => event.reason === reason));
      return missing.length === 0
        ? { ok: true, value: proved(`there are ${wanted.join(", ")}`) }
        : { ok: false, because: `there is no ${missing.join(" and no ")}` };
    });
  },
};

/** `init-containers` */
export const initContainers: Check = {
  id: "init-containers",
  claim: "Init containers run one after the other, before the main one",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster) {
    const volumeMounts = [{ name: "shared", mountPath: "/shared" }];
    const note = (word: string): string => `echo ${word} >> /shared/order`;
    await cluster.create(
      pod("staged", [container("main", `${note("main")}; ${sleepForever}`, { volumeMounts })], {
        initContainers: [
          container("first", `sleep 0.3; ${note("first")}`, { volumeMounts }),
          container("second", note("second"), { volumeMounts }),
        ],
        volumes: [{ name: "shared", emptyDir: {} }],
      }),
    );
    await readyPod(cluster, "staged");
    // The kubelet calls a container running a moment before its first command has run.
    const order = await cluster.holds("the main container to have written", async () => {
      const { text } = await cluster.inPod("staged", "cat /shared/order");
      return text.includes("main") ? { ok: true, value: text.split("\n").join(", ") } : { ok: false, because: text };
    });
    await cluster.remove(cluster.path("pods", "staged"));
    return judge(order === "first, second, main", `the order was ${order}`);
  },
};

/** `sidecar` */
export const sidecar: Check = {
  id: "sidecar",
  claim: "A sidecar starts before the main container and runs beside it, over the same volume and the same loopback",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster) {
    const volumeMounts = [{ name: "shared", mountPath: "/shared" }];
    const word = cluster.word();
    const serve = `echo "$WORD" > /shared/index.html; exec httpd -f -p 127.0.0.1:${String(ports.sidecar)} -h /shared`;
    await cluster.create(
      pod("accompanied", [container("main", sleepForever, { volumeMounts })], {
        initContainers: [
          container("side", serve, { restartPolicy: "Always", env: [{ name: "WORD", value: word }], volumeMounts }),
        ],
        volumes: [{ name: "shared", emptyDir: {} }],
      }),
    );
    await readyPod(cluster, "accompanied");
    const script = `cat /shared/index.html; timeout 5 wget -qO- http://127.0.0.1:${String(ports.sidecar)}/ 2>&1`;
    await cluster.holds("the main container to see the sidecar", async () => {
      const { text } = await cluster.inPod("accompanied", script);
      return text === `${word}\n${word}` ? { ok: true, value: undefined } : { ok: false, because: text };
    });
    await cluster.remove(cluster.path("pods", "accompanied"));
    return proved("the main container reads the sidecar's file and asks its server on 127.0.0.1");
  },
};

/** `liveness-restart` */
export const livenessRestart: Check = {
  id: "liveness-restart",
  claim: "A container whose liveness probe fails is started again, and that is counted",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster) {
    // The first container of the pod removes its own sign of life; the second finds that and does not.
    const script = `if [ -e /shared/lived ]; then touch /shared/alive; else touch /shared/lived; fi; ${sleepForever}`;
    await cluster.create(
      pod(
        "mortal",
        [
          container("main", script, {
            livenessProbe: {
              exec: { command: ["test", "-e", "/shared/alive"] },
              periodSeconds: 1,
              failureThreshold: 1,
              timeoutSeconds: 10,
            },
            volumeMounts: [{ name: "shared", mountPath: "/shared" }],
          }),
        ],
        { volumes: [{ name: "shared", emptyDir: {} }] },
      ),
    );
    const counted = await cluster.holds("the restart to be counted", async () => {
      const { status } = await cluster.read<Pod>(cluster.path("pods", "mortal"));
      const [main] = status?.containerStatuses ?? [];
      return (main?.restartCount ?? 0) > 0 && main?.state?.running !== undefined
        ? { ok: true, value: main.restartCount ?? 0 }
        : { ok: false, because: `${String(main?.restartCount ?? 0)} restarts, ${status?.phase ?? "no phase"}` };
    });
    cluster.exhibit("pod mortal: restartCount", String(counted));
    await cluster.remove(cluster.path("pods", "mortal"));
    return proved(`it was started again; restartCount is ${String(counted)}`);
  },
};

/** `lifecycle-hooks` */
export const lifecycleHooks: Check = {
  id: "lifecycle-hooks",
  claim:
    "postStart runs after the start; a pod that is deleted runs preStop first, then is sent TERM and given its time",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster) {
    const { files } = cluster.host;
    const directory = `${cluster.workspace.directory}/hooks`;
    await files.makeDirectory(directory);
    const note = (word: string): string => `echo ${word} >> /host/order`;
    const hook = (word: string): object => ({ exec: { command: ["sh", "-c", note(word)] } });
    await cluster.create(
      pod(
        "polite",
        [
          container("main", `trap 'sleep 1; ${note("TERM")}; exit 0' TERM; while :; do sleep 0.2; done`, {
            lifecycle: { postStart: hook("postStart"), preStop: hook("preStop") },
            volumeMounts: [{ name: "host", mountPath: "/host" }],
          }),
        ],
        {
          terminationGracePeriodSeconds: 60,
          volumes: [{ name: "host", hostPath: { path: directory, type: "Directory" } }],
        },
      ),
    );
    await readyPod(cluster, "polite");
    await cluster.remove(cluster.path("pods", "polite"), {});
    await podGone(cluster, "polite");
    const order = ((await files.readTextIfPresent(`${directory}/order`)) ?? "").trim().split("\n").join(", ");
    cluster.exhibit("what the pod wrote to its hostPath volume", order);
    return judge(order === "postStart, preStop, TERM", `the order was: ${order}`);
  },
};

/** `readiness-gates` */
export const readinessGates: Check = {
  id: "readiness-gates",
  claim: "A pod is an endpoint of its Service while its readiness probe succeeds, and not before or after",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster) {
    // Opened and shut from the node, since an exec may be what does not work.
    const gate = `${cluster.workspace.directory}/gate`;
    const { files } = cluster.host;
    await files.makeDirectory(gate);
    const port = ports.gated;
    const serve = `[ -n "$server" ] || { httpd -f -p ${String(port)} & server=$!; }`;
    const shut = `[ -z "$server" ] || kill "$server"; server=`;
    const script = `trap 'exit 0' TERM; while :; do if [ -e /gate/open ]; then ${serve}; else ${shut}; fi; sleep 1; done`;
    const main = container("main", script, {
      readinessProbe: { tcpSocket: { port }, periodSeconds: 1, failureThreshold: 1, timeoutSeconds: 10 },
      volumeMounts: [{ name: "gate", mountPath: "/gate" }],
    });
    await cluster.create(
      pod("gated", [main], { volumes: [{ name: "gate", hostPath: { path: gate, type: "Directory" } }] }),
    );
    await cluster.create({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "gated" },
      spec: { selector: { app: "gated" }, ports: [{ port: 80 }] },
    });
    const endpoints = `${cluster.path("endpointslices")}?labelSelector=kubernetes.io/service-name=gated`;
    const states: string[] = [];
    const see = async (wanted: string): Promise<void> => {
      await cluster.holds(`the endpoint to be ${wanted}`, async () => {
        const { items } = await cluster.read<{ items: readonly EndpointSlice[] }>(endpoints);
        const found = items
          .flatMap((slice) => slice.endpoints ?? [])
          .map(({ conditions }) => conditions?.ready === true);
        const state = found.length === 0 ? "absent" : found[0] === true ? "ready" : "not ready";
        return state === wanted ? { ok: true, value: undefined } : { ok: false, because: `it is ${state}` };
      });
      states.push(wanted);
    };
    await see("not ready");
    await cluster.until("the container to run", async () => {
      const { status } = await cluster.read<Pod>(cluster.path("pods", "gated"));
      return status?.phase === "Running" ? { ok: true, value: undefined } : { ok: false, because: status?.phase ?? "" };
    });
    await files.write(`${gate}/open`, "");
    await see("ready");
    await files.remove(`${gate}/open`);
    await see("not ready");
    cluster.exhibit("the endpoint of the Service gated", states.join("\n"));
    await cluster.remove(cluster.path("services", "gated"));
    await cluster.remove(cluster.path("pods", "gated"));
    return proved(states.join(", then "));
  },
};

interface EndpointSlice {
  readonly endpoints?: readonly { readonly conditions?: { readonly ready?: boolean } }[] | null;
}

/** `pod-to-pod` */
export const podToPod: Check = {
  id: "pod-to-pod",
  claim: "Pods reach each other at their own addresses",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster) {
    const { word } = await webPod(cluster);
    const address = await readyPod(cluster, "web");
    await cluster.create(pod("neighbour", [container("main", sleepForever)]));
    const own = await readyPod(cluster, "neighbour");
    const { text } = await cluster.inPod(
      "neighbour",
      `timeout 10 wget -qO- http://${address}:${String(ports.web)}/ 2>&1`,
    );
    await cluster.remove(cluster.path("pods", "neighbour"));
    if (text !== word) throw new Refutation(`${own} asked ${address} and got ${text.slice(0, 200)}`);
    return proved(`${own} asked ${address} and got its word`);
  },
};
