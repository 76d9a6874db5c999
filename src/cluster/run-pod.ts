import { randomBytes } from "node:crypto";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { waitUntil } from "../host/wait-until.ts";
import { pod, ports, servingContainer } from "../evidence/manifests.ts";
import { podReadiness, type Pod } from "../evidence/pods.ts";
import { ApiClient } from "../kube/api-client.ts";
import type { Session } from "./session.ts";

/** What a pod of ours said, and how long it took to say it. */
export interface PodAnswer {
  readonly pod: string;
  /** From its creation to Ready (milliseconds). */
  readonly readyMs: number;
  /** What `kubectl exec` style access could not tell: the pod's own output. */
  readonly log: string;
  /** The address that the pod network gave it. */
  readonly address: string;
}

const timeout = 60_000;

/**
 * Runs a pod that serves a page made from a secret word, asks it for the page
 * over the pod network and reads its log. The word is random, so only this pod
 * can have answered.
 *
 * @throws SandkubeError (component) where the answer is not the word, (timeout) with what the pod waits for
 */
export async function runPod(kubeconfig: string, session: Session): Promise<PodAnswer> {
  const { host, signal } = session;
  using client = ApiClient.fromKubeconfig(await host.files.readText(kubeconfig));
  const word = randomBytes(8).toString("hex");
  const name = `sandkube-demo-${word.slice(0, 6)}`;
  const path = "/api/v1/namespaces/default/pods";
  const start = host.clock.monotonic();
  await client.text(path, { method: "POST", body: manifest(name, word), signal });
  try {
    const look = async (): Promise<{ ok: true; address: string } | { ok: false; because: string }> => {
      const readiness = podReadiness(await client.json<Pod>(`${path}/${name}`, { signal }));
      return readiness.ok ? { ok: true, address: readiness.value } : readiness;
    };
    const { address } = await waitUntil(look, {
      clock: host.clock,
      what: `pod ${name} to be Ready`,
      timeout,
      interval: 50,
      signal,
    });
    const readyMs = Math.round(host.clock.monotonic() - start);
    const answer = await fetch(`http://${address}:${String(ports.demo)}/`, { signal }).then((response) =>
      response.text(),
    );
    const log = await client.text(`${path}/${name}/log`, { signal });
    if (answer.trim() !== word || !log.includes(word)) {
      throw new SandkubeError({
        title: "The pod did not answer as it should",
        message: `It should serve and log ${word}. It served: ${answer.slice(0, 200)}\nIt logged: ${log.slice(0, 200)}`,
        exit: "component",
      });
    }
    return { pod: name, readyMs, log: log.trim(), address };
  } finally {
    await client
      .text(`${path}/${name}`, {
        method: "DELETE",
        body: { gracePeriodSeconds: 0 },
        signal: AbortSignal.timeout(10_000),
      })
      .catch(() => undefined);
  }
}

function manifest(name: string, word: string): unknown {
  return pod(name, [servingContainer(word, ports.demo)]);
}
