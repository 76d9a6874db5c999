import { randomBytes } from "node:crypto";
import { aroundProxyVariables } from "../contract/around-proxy.ts";
import type { ClusterSpec } from "../contract/cluster-spec.ts";
import type { CommandOptions, CommandResult, Host } from "../contract/host.ts";
import type { Exhibit } from "../contract/observation.ts";
import { stateLayout } from "../contract/state-layout.ts";
import { waitUntil } from "../host/wait-until.ts";
import { ApiError, type ApiClient, type ApiRequest } from "../kube/api-client.ts";
import { Refutation } from "./check.ts";
import { presentable } from "./presentable.ts";
import type { SupervisedComponent, Workspace } from "./workspace.ts";

/** An answer of a look: what was seen, or why it is not yet as it should be. */
export type Look<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly because: string };

/** Seconds that setting something up may take, and that a claim has to come true in, on a busy machine. */
const defaultSeconds = 90;

/**
 * How long the API server may take over one request (milliseconds): a cluster with other work to do may be slow to
 * answer and still keep its promises.
 */
const requestTimeout = 30_000;

/** How long a script in a container may take (milliseconds). */
const answerTimeout = 25_000;

/** A shell's words in a container: what it said on both streams, and its exit code. */
export interface Said {
  readonly text: string;
  readonly exitCode: number;
}

/**
 * A running cluster as one check sees it: by the ways in that its users have.
 * It keeps the evidence: the last answer to each question, in the order of the
 * first ones.
 */
export class ClusterView {
  readonly host: Host;
  readonly client: ApiClient;
  readonly spec: ClusterSpec;
  /** What the supervisor says of the processes. */
  readonly components: readonly SupervisedComponent[];
  /** Belongs to the checks and is gone after the last one. */
  readonly namespace: string;
  readonly workspace: Workspace;
  readonly #signal: AbortSignal;
  readonly #exhibits = new Map<string, string>();
  #waitsFor: string | undefined;

  constructor(workspace: Workspace, signal: AbortSignal) {
    this.host = workspace.host;
    this.client = workspace.client;
    this.spec = workspace.spec;
    this.components = workspace.components;
    this.namespace = workspace.namespace;
    this.workspace = workspace;
    this.#signal = signal;
  }

  /** The evidence so far. */
  get exhibits(): readonly Exhibit[] {
    return [...this.#exhibits].map(([source, content]) => ({ source, content }));
  }

  /** Why the wait goes on that is under way or was the last one. */
  get waitsFor(): string | undefined {
    return this.#waitsFor;
  }

  /** Keeps a piece of evidence; a later answer to the same question replaces the former. */
  exhibit(source: string, content: unknown): void {
    this.#exhibits.set(source, presentable(typeof content === "string" ? content.trimEnd() : JSON.stringify(content)));
  }

  /** A word that nobody can know who was not told it. */
  word(): string {
    return randomBytes(6).toString("hex");
  }

  /** The path of a kind of object in the checks' namespace, or of one such object. */
  path(kind: string, name?: string, namespace = this.namespace): string {
    const group = groups[kind] ?? "api/v1";
    return `/${group}/namespaces/${namespace}/${kind}${name === undefined ? "" : `/${name}`}`;
  }

  /** Creates an object of the checks' namespace, or of the one it names. */
  async create<T>(object: ApiManifest): Promise<T> {
    const { apiVersion, kind, metadata } = object;
    const prefix = apiVersion.includes("/") ? "apis" : "api";
    const path = `/${prefix}/${apiVersion}/namespaces/${metadata.namespace ?? this.namespace}/${pluralOf(kind)}`;
    return this.client.json<T>(path, this.#request("POST", object));
  }

  /** Creates an object outside of namespaces, which goes when the checks end. */
  async createClusterWide(collection: string, object: ApiManifest): Promise<void> {
    this.workspace.own(`${collection}/${object.metadata.name}`);
    const labelled = { ...object, metadata: { ...object.metadata, labels: this.workspace.labels } };
    await this.client.text(collection, this.#request("POST", labelled));
  }

  /** Reads as JSON. */
  async read<T>(path: string): Promise<T> {
    return this.client.json<T>(path, this.#request("GET"));
  }

  /** Deletes an object at once; one that is gone is fine. */
  async remove(path: string, body: object = { gracePeriodSeconds: 0 }): Promise<void> {
    await this.client.text(path, this.#request("DELETE", body)).catch((error: unknown) => {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
    });
  }

  /**
   * Asks as the given client and keeps the answer as evidence; what is refused is an answer. Of Secrets, and of what
   * nobody should be told, a success is kept without its content.
   */
  async ask(
    client: ApiClient,
    path: string,
    {
      as = "",
      sensitive = false,
      ...options
    }: ApiRequest & { readonly as?: string; readonly sensitive?: boolean } = {},
  ): Promise<{ readonly status: number; readonly text: string }> {
    const source = `${options.method ?? "GET"} ${path}${as === "" ? "" : `, as ${as}`}`;
    try {
      const text = await client.text(path, { ...this.#request("GET"), ...options });
      this.exhibit(source, `success\n${sensitive ? "(what was told is left out)" : text}`);
      return { status: 200, text };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.exhibit(source, `${String(error.status)} ${error.message}`);
      return { status: error.status, text: error.message };
    }
  }

  /** Runs the cluster's own kubectl, as its users do, and keeps what it said as evidence. */
  async kubectl(
    words: readonly string[],
    options: Pick<CommandOptions, "input" | "timeout" | "onLine" | "signal"> = {},
  ): Promise<CommandResult> {
    const layout = stateLayout(this.spec.stateDirectory);
    const result = await this.host.commands.run([`${layout.programs}/kubectl`, "-n", this.namespace, ...words], {
      environment: {
        KUBECONFIG: layout.kubeconfig,
        KUBECACHEDIR: `${this.workspace.directory}/kubectl-cache`,
        ...aroundProxyVariables(this.host.environment, this.spec),
      },
      acceptedExitCodes: "any",
      timeout: 60_000,
      signal: this.#signal,
      ...options,
    });
    const output = [result.stdout, result.stderr].filter((text) => text !== "").join("\n");
    const code = result.exitCode === 0 ? "" : `\n(exit code ${String(result.exitCode)})`;
    this.exhibit(["kubectl", ...words].join(" "), `${output.trimEnd()}${code}`);
    return result;
  }

  /**
   * Has a shell in a pod's container `main` do something and tells what it said. Only for
   * scripts that say something and may be run again: a gVisor of 2024 loses an
   * answer now and then, so that silence is asked again.
   */
  async inPod(pod: string, script: string, namespace = this.namespace): Promise<Said> {
    return this.until(`${pod} to say something`, async (): Promise<Look<Said>> => {
      const words = ["exec", pod, "-n", namespace, "-c", "main", "--", "sh", "-c", script];
      const { stdout, stderr, exitCode } = await this.kubectl(words, { timeout: answerTimeout });
      if (stdout + stderr === "") return { ok: false, because: `exec in ${pod} said nothing` };
      return { ok: true, value: { text: (stdout + stderr).trim(), exitCode } };
    });
  }

  /** Asks a server from the node and keeps the answer, or the way in which there was none. */
  async fetch(url: string): Promise<{ readonly body: string } | { readonly failed: string }> {
    const source = `GET ${url}, from the node`;
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(5000)]);
    try {
      const response = await fetch(url, { signal, headers: { connection: "close" } });
      const body = await response.text();
      this.exhibit(source, body);
      return { body: body.trim() };
    } catch (error) {
      this.#signal.throwIfAborted();
      const { name, cause } = error as { name?: string; cause?: { code?: string } };
      const failed = cause?.code ?? (name === "TimeoutError" ? "no answer within 5 s" : (error as Error).message);
      this.exhibit(source, failed);
      return { failed };
    }
  }

  /**
   * Waits for what a check needs before it can look.
   *
   * @throws SandkubeError (timeout) with the last reason, which leaves the claim untold
   */
  async until<T>(what: string, look: () => Promise<Look<T>>, seconds = defaultSeconds): Promise<T> {
    const { value } = await waitUntil(() => this.#patiently(look), {
      clock: this.host.clock,
      what,
      timeout: seconds * 1000,
      interval: 200,
      signal: this.#signal,
      onReason: (because) => {
        this.#waitsFor = `${what}: ${because}`;
      },
    });
    return value;
  }

  /**
   * Waits for the claim itself to come true, as everything in a cluster happens a moment later.
   *
   * @throws Refutation with what was seen instead
   */
  async holds<T>(what: string, look: () => Promise<Look<T>>, seconds = defaultSeconds): Promise<T> {
    let because = "";
    try {
      return await this.until(
        what,
        async () => {
          const answer = await look();
          if (!answer.ok) because = answer.because;
          return answer;
        },
        seconds,
      );
    } catch (error) {
      this.#signal.throwIfAborted();
      if (because === "") throw error;
      throw new Refutation(`${what}: not within ${String(seconds)} s; last: ${presentable(because)}`);
    }
  }

  #request(method: NonNullable<ApiRequest["method"]>, body?: object): ApiRequest {
    return { method, timeout: requestTimeout, signal: this.#signal, ...(body === undefined ? {} : { body }) };
  }

  /** An answer that did not come is no reason to give up before the time is over. */
  async #patiently<T>(look: () => Promise<Look<T>>): Promise<Look<T>> {
    try {
      return await look();
    } catch (error) {
      this.#signal.throwIfAborted();
      if (error instanceof Refutation) throw error;
      return { ok: false, because: error instanceof Error ? error.message : String(error) };
    }
  }
}

/** As much of a manifest as everybody has. */
export interface ApiManifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** What a kind is called in paths: NetworkPolicy is networkpolicies. */
function pluralOf(kind: string): string {
  return `${kind.toLowerCase()}s`.replace(/ys$/, "ies");
}

/** Where kinds lie that are not of the core group. */
const groups: Readonly<Record<string, string>> = {
  deployments: "apis/apps/v1",
  replicasets: "apis/apps/v1",
  statefulsets: "apis/apps/v1",
  daemonsets: "apis/apps/v1",
  jobs: "apis/batch/v1",
  cronjobs: "apis/batch/v1",
  endpointslices: "apis/discovery.k8s.io/v1",
  leases: "apis/coordination.k8s.io/v1",
  networkpolicies: "apis/networking.k8s.io/v1",
};
