import type { IncomingMessage } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import { parse } from "yaml";
import { SandkubeError } from "../contract/sandkube-error.ts";

/** Options of one request. */
export interface ApiRequest {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly contentType?: string;
  /** Asks as somebody else (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation). */
  readonly impersonate?: Identity;
  readonly signal?: AbortSignal;
  /** Milliseconds. Default: 10 000. */
  readonly timeout?: number;
}

/** Who somebody is to the API server. */
export interface Identity {
  readonly user: string;
  readonly groups: readonly string[];
}

/** An answer of the API server that is not a success. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Where the API server is and who we are to it. */
export interface ApiCredentials {
  readonly server: string;
  readonly authority: string;
  /** A client certificate and its key, both or neither. */
  readonly certificate?: string;
  readonly privateKey?: string;
  /** Sent as a bearer token. Without it and without a certificate we are nobody. */
  readonly token?: string;
}

/**
 * Requests to one API server over a kept connection. It is small on purpose:
 * @kubernetes/client-node takes 0.6 s and 75 MB to load, which `up` and the
 * supervisor would pay at every start (docs/adr/0003-own-api-client.md).
 */
export class ApiClient implements Disposable {
  readonly #credentials: ApiCredentials;
  readonly #agent: Agent;

  constructor(credentials: ApiCredentials) {
    this.#credentials = credentials;
    this.#agent = new Agent({
      keepAlive: true,
      ca: credentials.authority,
      ...(credentials.certificate === undefined ? {} : { cert: credentials.certificate }),
      ...(credentials.privateKey === undefined ? {} : { key: credentials.privateKey }),
    });
  }

  /** @throws SandkubeError where the kubeconfig is not one of ours */
  static fromKubeconfig(text: string): ApiClient {
    const config = parse(text) as {
      clusters?: { cluster: Record<string, string> }[];
      users?: { user: Record<string, string> }[];
    } | null;
    const cluster = config?.clusters?.[0]?.cluster;
    const user = config?.users?.[0]?.user;
    const decode = (value: string | undefined): string => Buffer.from(value ?? "", "base64").toString();
    if (cluster?.["server"] === undefined || user === undefined) {
      throw new SandkubeError({
        title: "The kubeconfig is damaged",
        message: "It names no cluster or no user.",
        hint: "Run `sandkube up` again; it writes a new one.",
        exit: "storage",
      });
    }
    return new ApiClient({
      server: cluster["server"],
      authority: decode(cluster["certificate-authority-data"]),
      certificate: decode(user["client-certificate-data"]),
      privateKey: decode(user["client-key-data"]),
    });
  }

  /** The same API server, asked by the owner of a token, or by nobody. */
  withToken(token: string | undefined): ApiClient {
    const { server, authority } = this.#credentials;
    return new ApiClient({ server, authority, ...(token === undefined ? {} : { token }) });
  }

  /**
   * Sends one request and returns the body.
   *
   * @throws ApiError for an answer that is not 2xx, Node's own error where there is none
   */
  text(path: string, options: ApiRequest = {}): Promise<string> {
    const body = options.body === undefined ? undefined : JSON.stringify(options.body);
    const milliseconds = options.timeout ?? 10_000;
    const timeout = AbortSignal.timeout(milliseconds);
    return new Promise((resolve, reject) => {
      const request = httpsRequest(new URL(path, this.#credentials.server), {
        method: options.method ?? "GET",
        agent: this.#agent,
        signal: options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]),
        headers: {
          accept: "application/json",
          ...identityHeaders(this.#credentials.token, options.impersonate),
          ...(body === undefined
            ? {}
            : {
                "content-type": options.contentType ?? "application/json",
                "content-length": Buffer.byteLength(body),
              }),
        },
      });
      const fail = (error: Error): void => {
        const late = timeout.aborted && options.signal?.aborted !== true;
        const what = `no answer to ${options.method ?? "GET"} ${path} within ${String(milliseconds / 1000)} s`;
        reject(late ? new Error(what, { cause: error }) : error);
      };
      request.on("error", fail);
      request.on("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", fail);
        response.on("end", () => {
          const answer = Buffer.concat(chunks).toString();
          const status = response.statusCode ?? 0;
          if (status >= 200 && status < 300) resolve(answer);
          else reject(new ApiError(status, messageOf(answer, status)));
        });
      });
      request.end(body);
    });
  }

  /**
   * Sends one GET request and gives the lines of its answer as they come, as a watch does.
   *
   * @throws ApiError for an answer that is not 2xx; Node's own error where there is none, where the
   *   connection breaks, or where nothing comes for `silence` milliseconds
   */
  async *lines(
    path: string,
    options: { readonly signal: AbortSignal; readonly silence: number },
  ): AsyncGenerator<string, void, undefined> {
    const request = httpsRequest(new URL(path, this.#credentials.server), {
      agent: this.#agent,
      signal: options.signal,
      headers: { accept: "application/json", ...identityHeaders(this.#credentials.token, undefined) },
    });
    request.setTimeout(options.silence, () => {
      request.destroy(new Error(`nothing came for ${String(options.silence / 1000)} s`));
    });
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        request.on("error", reject);
        request.on("response", resolve);
        request.end();
      });
      response.setEncoding("utf8");
      const status = response.statusCode ?? 0;
      let rest = "";
      for await (const chunk of response as AsyncIterable<string>) {
        rest += chunk;
        if (status !== 200) continue;
        const lines = rest.split("\n");
        rest = lines.pop() ?? "";
        yield* lines;
      }
      if (status !== 200) throw new ApiError(status, messageOf(rest, status));
    } finally {
      request.destroy();
    }
  }

  /** Sends one request and parses the answer as JSON. */
  async json<T>(path: string, options: ApiRequest = {}): Promise<T> {
    return JSON.parse(await this.text(path, options)) as T;
  }

  /** Creates an object; one that is there already is left as it is. */
  async createIfAbsent(path: string, object: unknown, signal?: AbortSignal): Promise<void> {
    try {
      await this.text(path, { method: "POST", body: object, ...(signal === undefined ? {} : { signal }) });
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 409)) throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

function identityHeaders(
  token: string | undefined,
  impersonated: Identity | undefined,
): Record<string, string | string[]> {
  return {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(impersonated === undefined
      ? {}
      : { "impersonate-user": impersonated.user, "impersonate-group": [...impersonated.groups] }),
  };
}

function messageOf(answer: string, status: number): string {
  try {
    const { message } = JSON.parse(answer) as { message?: string };
    if (message !== undefined) return message;
  } catch {
    // Not a Status object: /readyz answers plain text.
  }
  return answer.trim() === "" ? `HTTP ${String(status)}` : answer.trim();
}
