import type { Host, HttpAnswer } from "../contract/host.ts";
import type { RegistryAnswer, RegistryVerdict } from "../contract/registry-answer.ts";
import { basic, type Login } from "./docker-logins.ts";
import { proxyFor } from "./proxy-for.ts";
import type { RegistryEndpoint } from "./registry-endpoints.ts";

/** With what a registry is asked. */
export interface RegistryQuestion {
  readonly host: Pick<Host, "environment" | "requests" | "clock">;
  /** The certificates of the authorities that are trusted. */
  readonly authorities: readonly string[];
  /** Who this user is there. Not given: nobody. */
  readonly login?: Login;
  /** Milliseconds for all requests together. */
  readonly patience: number;
  readonly signal: AbortSignal;
}

/** What is judged of one request. */
interface Judgement {
  readonly verdict: RegistryVerdict;
  readonly because: string;
}

/**
 * Asks a registry as containerd would, but for no image: by the environment's proxy, and where it sends people to a token
 * server, that one, too.
 */
export async function askRegistry(endpoint: RegistryEndpoint, question: RegistryQuestion): Promise<RegistryAnswer> {
  const { environment, clock } = question.host;
  const start = clock.monotonic();
  const proxy = proxyFor(endpoint.api, environment);
  const judgement = await converse(endpoint.api, question, start + question.patience);
  return {
    registry: endpoint.registry,
    kind: endpoint.kind,
    address: endpoint.api,
    proxy: proxy === undefined ? null : shown(proxy),
    ...judgement,
    milliseconds: Math.round(clock.monotonic() - start),
  };
}

async function converse(api: string, question: RegistryQuestion, deadline: number): Promise<Judgement> {
  const { login } = question;
  const first = await ask(api, undefined, question, deadline);
  const challenge = first.kind === "answered" && first.status === 401 ? first.headers["www-authenticate"] : undefined;
  const realm = tokenServer(challenge ?? "");
  if (realm !== undefined) {
    const token = judge(await ask(realm, login, question, deadline), realm, question);
    const because = `its token server ${new URL(realm).host}: ${token.because}`;
    return token.verdict === "answers" ? token : { ...token, because };
  }
  if (challenge === undefined || login === undefined) return judge(first, api, question);
  return judge(await ask(api, login, question, deadline), api, question);
}

function ask(
  address: string,
  login: Login | undefined,
  { host, authorities, signal }: RegistryQuestion,
  deadline: number,
): Promise<HttpAnswer> {
  const proxy = proxyFor(address, host.environment);
  if (proxy !== undefined && !/^https?:/i.test(proxy)) {
    const because = `${shown(proxy)} is no HTTP proxy, and others are not asked here`;
    return Promise.resolve({ kind: "failed", at: "proxy", code: "", because });
  }
  return host.requests.get(address, {
    ...(login === undefined ? {} : { headers: { authorization: `Basic ${basic(login)}` } }),
    ...(proxy === undefined ? {} : { proxy }),
    authorities,
    timeout: Math.max(1, Math.round(deadline - host.clock.monotonic())),
    signal,
  });
}

/** The address that a challenge names for tokens (https://distribution.github.io/distribution/spec/auth/token/). Pure. */
export function tokenServer(challenge: string): string | undefined {
  if (!/^bearer\s/i.test(challenge)) return undefined;
  const parameter = (name: string): string | undefined => new RegExp(`\\b${name}="([^"]*)"`, "i").exec(challenge)?.[1];
  const realm = parameter("realm") ?? "";
  if (!URL.canParse(realm)) return undefined;
  const url = new URL(realm);
  if (!/^https?:$/.test(url.protocol)) return undefined;
  const service = parameter("service");
  if (service !== undefined) url.searchParams.set("service", service);
  return url.href;
}

/** What Node says of certificates (https://nodejs.org/api/tls.html#x509-certificate-error-codes). */
const certificateCodes = /CERT|_ISSUER|_LEAF_|SELF_SIGNED|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH/;

function judge(answer: HttpAnswer, address: string, { host, login, patience }: RegistryQuestion): Judgement {
  const proxy = proxyFor(address, host.environment);
  const proxyName = proxy === undefined ? "" : `the proxy ${shown(proxy)}`;
  switch (answer.kind) {
    case "refused":
      return ofProxy(answer.status, proxyName);
    case "answered": {
      const { status, headers } = answer;
      // What http: asks of a proxy is answered in one voice; a registry's own answer says so.
      const isOwn = proxy === undefined || address.startsWith("https:") || isRegistrys(headers);
      if (!isOwn && [403, 407, 502, 503, 504].includes(status)) return ofProxy(status, proxyName);
      if (status >= 200 && status < 400) return { verdict: "answers", because: `it answers ${String(status)}` };
      if (status === 401 || status === 403) return unauthorized(status, login);
      return { verdict: "failed", because: `it answers ${String(status)}, as no registry does` };
    }
    case "failed":
      return ofFailure(answer, answer.at === "proxy" ? proxyName : new URL(address).host, patience);
  }
}

function isRegistrys(headers: Readonly<Record<string, string>>): boolean {
  return headers["docker-distribution-api-version"] !== undefined || headers["www-authenticate"] !== undefined;
}

function ofProxy(status: number, proxy: string): Judgement {
  if (status === 407) return { verdict: "proxy-refused", because: `${proxy} wants credentials (407)` };
  if (status >= 500) return { verdict: "failed", because: `${proxy} does not reach it (${String(status)})` };
  return { verdict: "proxy-refused", because: `${proxy} refused (${String(status)})` };
}

function unauthorized(status: number, login: Login | undefined): Judgement {
  const because =
    login === undefined
      ? `it wants credentials (${String(status)}), and the docker config has none for it`
      : `it does not take the credentials of the docker config (${String(status)})`;
  return { verdict: "unauthorized", because };
}

function ofFailure(
  { code, because }: Extract<HttpAnswer, { kind: "failed" }>,
  whose: string,
  patience: number,
): Judgement {
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return { verdict: "unresolved", because: `the name of ${whose} has no address here` };
  }
  if (code === "ECONNREFUSED") return { verdict: "connection-refused", because: `${whose} takes no connection` };
  if (code === "ETIMEDOUT") {
    return { verdict: "timeout", because: `no answer of ${whose} within ${String(patience / 1000)} s` };
  }
  if (code === "EPROTO" || code === "ERR_SSL_WRONG_VERSION_NUMBER") {
    return { verdict: "failed", because: `${whose} does not speak TLS` };
  }
  if (certificateCodes.test(code)) {
    return { verdict: "untrusted", because: `the certificate of ${whose} is not trusted: ${because}` };
  }
  return { verdict: "failed", because: because === "" ? code : because };
}

/** A proxy's address without user and password. */
function shown(proxy: string): string {
  const { protocol, host } = new URL(proxy);
  return `${protocol}//${host}`;
}
