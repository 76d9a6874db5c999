import { judge, proved, refuted, type Check } from "../check.ts";
import { container, pod, ports } from "../manifests.ts";
import { readyPod, webPod } from "../pods.ts";

/** `pod-log` */
export const podLog: Check = {
  id: "pod-log",
  claim: "kubectl logs shows what a container printed",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster) {
    const { word } = await webPod(cluster);
    const { stdout } = await cluster.kubectl(["logs", "web"]);
    return judge(stdout === `my word is ${word}\n`, `the log is: ${stdout.trim() === "" ? "empty" : stdout.trim()}`);
  },
};

/** `exec-output` */
export const execOutput: Check = {
  id: "exec-output",
  claim: "kubectl exec returns what a program in a container prints, on both streams",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster) {
    const { word } = await webPod(cluster);
    const { stdout, stderr } = await cluster.kubectl([
      "exec",
      "web",
      "--",
      "sh",
      "-c",
      'echo "$WORD"; echo "err $WORD" >&2',
    ]);
    return judge(
      stdout === `${word}\n` && stderr === `err ${word}\n`,
      `stdout: ${JSON.stringify(stdout)}, stderr: ${JSON.stringify(stderr)}`,
    );
  },
};

/** `exec-exit-code` */
export const execExitCode: Check = {
  id: "exec-exit-code",
  claim: "kubectl exec keeps the exit code of the program",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster) {
    await webPod(cluster);
    const codes: number[] = [];
    for (const code of [7, 0]) {
      codes.push((await cluster.kubectl(["exec", "web", "--", "sh", "-c", `exit ${String(code)}`])).exitCode);
    }
    return judge(codes.join() === "7,0", `7 and 0 came back as ${codes.join(" and ")}`);
  },
};

/** `exec-stdin` */
export const execStdin: Check = {
  id: "exec-stdin",
  claim: "kubectl exec -i carries standard input to the program, to its end",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster) {
    await webPod(cluster);
    const input = Array.from({ length: 200 }, () => cluster.word()).join("\n");
    const { stdout } = await cluster.kubectl(["exec", "-i", "web", "--", "cat"], { input });
    return judge(stdout === input, `${String(stdout.length)} of ${String(input.length)} bytes came back through cat`);
  },
};

/** `copy` */
export const copy: Check = {
  id: "copy",
  claim: "kubectl cp takes a file into a container and out again unchanged",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster) {
    await webPod(cluster);
    const { files } = cluster.host;
    const { directory } = cluster.workspace;
    const bytes = Uint8Array.from({ length: 256 * 1024 }, (_, index) => (index * 2_654_435_761) >>> 13);
    await files.write(`${directory}/there`, bytes);
    for (const words of [
      ["cp", `${directory}/there`, "web:/tmp/copied"],
      ["cp", "web:/tmp/copied", `${directory}/back`],
    ]) {
      const { exitCode, stderr } = await cluster.kubectl(words);
      if (exitCode !== 0) return refuted(`kubectl ${words.join(" ")}: ${stderr.trim()}`);
    }
    if ((await files.status(`${directory}/back`)) === undefined) return refuted("nothing came back");
    const digests = await Promise.all(["there", "back"].map((name) => files.sha256(`${directory}/${name}`)));
    cluster.exhibit("sha256 of the file, before and after", digests.join("\n"));
    return judge(
      digests[0] === digests[1],
      digests[0] === digests[1] ? "256 KiB came back the same" : "it came back different",
    );
  },
};

/** `port-forward` */
export const portForward: Check = {
  id: "port-forward",
  claim: "kubectl port-forward carries a request to a pod and its answer back",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster, signal) {
    const { word } = await webPod(cluster);
    await readyPod(cluster, "web");
    const end = new AbortController();
    let port: string | undefined;
    let failed: string | undefined;
    const forward = cluster
      .kubectl(["port-forward", "--address=127.0.0.1", "pod/web", `:${String(ports.web)}`], {
        signal: AbortSignal.any([signal, end.signal]),
        timeout: 110_000,
        onLine: (line) => {
          port ??= /127\.0\.0\.1:(\d+)/.exec(line)?.[1];
          cluster.exhibit(`kubectl port-forward pod/web :${String(ports.web)}`, line);
        },
      })
      .then(({ stderr }) => {
        failed = stderr;
      })
      // It ends by being told to.
      .catch((error: unknown) => {
        failed = (error as Error).message;
      });
    try {
      const local = await cluster.holds("port-forward to listen", () =>
        Promise.resolve(
          port === undefined
            ? { ok: false as const, because: failed ?? "it has not said so" }
            : { ok: true as const, value: port },
        ),
      );
      const answer = await cluster.fetch(`http://127.0.0.1:${local}/`);
      if ("failed" in answer) return refuted(`the forwarded port does not answer: ${answer.failed}`);
      return judge(
        answer.body === word,
        answer.body === word ? "the pod's word came through" : `what came is ${answer.body}`,
      );
    } finally {
      end.abort();
      await forward;
    }
  },
};

/** `log-follow` */
export const logFollow: Check = {
  id: "log-follow",
  claim: "kubectl logs -f tells all that a container prints until it ends",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster) {
    const script = "for i in 1 2 3 4 5; do echo line $i; sleep 0.2; done";
    await cluster.create(pod("counter", [container("main", script)], { restartPolicy: "Never" }));
    await cluster.until("the container to run", async () => {
      const { status } = await cluster.read<{ status?: { phase?: string } }>(cluster.path("pods", "counter"));
      const phase = status?.phase ?? "nothing";
      return phase === "Running" || phase === "Succeeded"
        ? { ok: true, value: undefined }
        : { ok: false, because: phase };
    });
    const { stdout } = await cluster.kubectl(["logs", "-f", "counter"]);
    await cluster.remove(cluster.path("pods", "counter"));
    const lines = stdout.trim().split("\n");
    const wanted = [1, 2, 3, 4, 5].map((i) => `line ${String(i)}`).join();
    return lines.join() === wanted
      ? proved("all five lines came, in order")
      : refuted(`what came is: ${lines.join(", ")}`);
  },
};
