import { randomBytes } from "node:crypto";
import type { ClusterSpec } from "../contract/cluster-spec.ts";
import type { ComponentName } from "../contract/component-name.ts";
import type { Host, ProcessIdentity } from "../contract/host.ts";
import { stateLayout } from "../contract/state-layout.ts";
import { waitUntil } from "../host/wait-until.ts";
import { ApiError, type ApiClient } from "../kube/api-client.ts";
import { podProxyLabel } from "../kube/pod-proxy.ts";

/** A process of the cluster, as its supervisor knows it. */
export interface SupervisedComponent {
  readonly name: ComponentName;
  readonly state: string;
  readonly process?: ProcessIdentity;
  readonly restarts: number;
  readonly because?: string;
}

/** What a workspace is made from. */
export interface WorkspaceOptions {
  readonly spec: ClusterSpec;
  readonly host: Host;
  readonly client: ApiClient;
  readonly components: readonly SupervisedComponent[];
}

/** Marks all that checks make, so that what a killed run left is found. */
const label = "sandkube.dev/verify";
const directoryPrefix = "verify-";
/** Kinds outside of namespaces that checks make. */
const clusterWide = [
  "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
  "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings",
  "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
];
/** Milliseconds that a namespace may take to go. */
const removalTimeout = 120_000;

/**
 * Where the checks of one run work: a namespace of their own, two more with rules
 * that would be in each other's way, and a directory. All of it goes at the end,
 * however that comes.
 */
export class Workspace {
  readonly spec: ClusterSpec;
  readonly host: Host;
  readonly client: ApiClient;
  readonly components: readonly SupervisedComponent[];
  readonly namespace: string;
  /** A second namespace, with the `restricted` pod security standard and a ResourceQuota. */
  readonly strictNamespace: string;
  /** A third one, with a LimitRange. */
  readonly limitedNamespace: string;
  /** On the node, for what is copied and what pods mount. */
  readonly directory: string;
  /** On everything outside of namespaces that a check makes. */
  readonly labels: Readonly<Record<string, string>>;
  readonly #owned: string[] = [];
  readonly #shared = new Map<string, Promise<unknown>>();

  constructor({ spec, host, client, components }: WorkspaceOptions) {
    const run = randomBytes(3).toString("hex");
    this.spec = spec;
    this.host = host;
    this.client = client;
    this.components = components;
    this.namespace = `sandkube-verify-${run}`;
    this.strictNamespace = `${this.namespace}-strict`;
    this.limitedNamespace = `${this.namespace}-limited`;
    this.directory = `${stateLayout(spec.stateDirectory).runtime}/${directoryPrefix}${run}`;
    this.labels = { [label]: run };
  }

  /** Makes the namespaces, and the directory. What a run that was killed has left goes first. */
  async prepare(signal: AbortSignal): Promise<void> {
    for (const path of await this.#labelled(signal)) await this.#delete(path, signal);
    const { runtime } = stateLayout(this.spec.stateDirectory);
    for (const name of (await this.host.files.list(runtime)) ?? []) {
      if (name.startsWith(directoryPrefix)) await this.host.files.remove(`${runtime}/${name}`);
    }
    await this.host.files.makeDirectory(this.directory, { mode: 0o700 });
    for (const [name, labels] of [
      // Checks ask by busybox's wget, which would ask a proxy for the cluster's own addresses: it knows no NO_PROXY.
      [this.namespace, { [podProxyLabel]: "off" }],
      [this.strictNamespace, { "pod-security.kubernetes.io/enforce": "restricted" }],
      [this.limitedNamespace, {}],
    ] as const) {
      this.own(`/api/v1/namespaces/${name}`);
      await this.client.text("/api/v1/namespaces", {
        method: "POST",
        body: { apiVersion: "v1", kind: "Namespace", metadata: { name, labels: { ...this.labels, ...labels } } },
        signal,
      });
    }
    // The service-account admission plugin refuses pods until the controller has made the account.
    const account = `/api/v1/namespaces/${this.namespace}/serviceaccounts/default`;
    await waitUntil(
      () =>
        this.client.text(account, { signal }).then(
          () => ({ ok: true as const }),
          (error: unknown) => ({ ok: false as const, because: `${account}: ${(error as Error).message}` }),
        ),
      { clock: this.host.clock, what: "the namespace's service account", timeout: 60_000, signal },
    );
  }

  /** Remembers an object outside of namespaces, which goes at the end. Called before it is made. */
  own(path: string): void {
    this.#owned.push(path);
  }

  /** Makes something once, however many checks want it. */
  shared<T>(key: string, make: () => Promise<T>): Promise<T> {
    const made = (this.#shared.get(key) as Promise<T> | undefined) ?? make();
    this.#shared.set(key, made);
    return made;
  }

  /**
   * Deletes everything and waits until it is gone.
   *
   * @returns what is left and why, a line each
   */
  async remove(signal: AbortSignal): Promise<readonly string[]> {
    // Pods first and at once: the namespace's own deletion would give each its time.
    if (this.#owned.length > 0) {
      const pods = `/api/v1/namespaces/${this.namespace}/pods`;
      await this.client
        .text(pods, { method: "DELETE", body: { gracePeriodSeconds: 0 }, signal, timeout: 30_000 })
        .catch(() => undefined);
    }
    const left: string[] = [];
    const results = await Promise.allSettled(this.#owned.map((path) => this.#delete(path, signal)));
    for (const result of results) {
      if (result.status === "rejected") left.push(result.reason instanceof Error ? result.reason.message : "");
    }
    await this.host.files.remove(this.directory).catch((error: unknown) => {
      left.push(`${this.directory}: ${(error as Error).message}`);
    });
    return left;
  }

  async #delete(path: string, signal: AbortSignal): Promise<void> {
    const { clock } = this.host;
    const look = async (): Promise<{ ok: true } | { ok: false; because: string }> => {
      try {
        const text = await this.client.text(path, { method: "DELETE", signal });
        return { ok: false, because: conditionsOf(text) };
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof ApiError && error.status === 404) return { ok: true };
        if (error instanceof ApiError && error.status === 409) return { ok: false, because: error.message };
        return { ok: false, because: error instanceof Error ? error.message : String(error) };
      }
    };
    try {
      await waitUntil(look, { clock, what: `${path} to go`, timeout: removalTimeout, interval: 500, signal });
    } catch (error) {
      throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }

  async #labelled(signal: AbortSignal): Promise<readonly string[]> {
    const selector = `labelSelector=${encodeURIComponent(label)}`;
    const lists = await Promise.all(
      ["/api/v1/namespaces", ...clusterWide].map(async (collection) => {
        const { items } = await this.client.json<{ items: readonly { metadata: { name: string } }[] }>(
          `${collection}?${selector}`,
          { signal },
        );
        return items.map(({ metadata }) => `${collection}/${metadata.name}`);
      }),
    );
    return lists.flat();
  }
}

/** What a namespace that is going says of what is left in it. */
function conditionsOf(text: string): string {
  const { status } = JSON.parse(text) as {
    status?: { conditions?: readonly { status: string; message?: string }[] } | string;
  };
  const conditions = typeof status === "object" ? (status.conditions ?? []) : [];
  const said = conditions.filter((condition) => condition.status === "True").map(({ message }) => message ?? "");
  return said.length === 0 ? "it is still there" : said.join("; ");
}
