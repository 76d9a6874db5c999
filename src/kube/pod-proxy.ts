import { aroundProxy, type Whereabouts } from "../contract/around-proxy.ts";
import type { PodProxy } from "../contract/cluster-spec.ts";
import type { Clock } from "../contract/host.ts";
import { waitUntil } from "../host/wait-until.ts";
import { ApiError, type ApiClient } from "./api-client.ts";
import { applyObject, type AppliedObject } from "./apply-object.ts";
import { publishTrustBundle, trustBundles } from "./trust-bundle.ts";

/** An environment variable of a container. */
export interface Variable {
  readonly name: string;
  readonly value: string;
}

/** Keeps a namespace, or a pod, from being told of the proxy, where it has the value `off`. */
export const podProxyLabel = "sandkube.dev/pod-proxy";

/** The name of every object that is made for it, and of the volume in pods. */
const name = "sandkube-pod-proxy";

/** The authorities' certificates in a container. */
export const authoritiesFile = { directory: "/var/run/secrets/sandkube.dev/pod-proxy", name: "ca-certificates.crt" };

/**
 * What programs read the file of authorities from: OpenSSL and Go, Node.js, Python's requests, curl, git. Node.js adds
 * to those that it has; the others have these in place of their own.
 */
const authorityVariables = [
  "SSL_CERT_FILE",
  "NODE_EXTRA_CA_CERTS",
  "REQUESTS_CA_BUNDLE",
  "CURL_CA_BUNDLE",
  "GIT_SSL_CAINFO",
];

const group = "admissionregistration.k8s.io";
const policies = `/apis/${group}/v1/mutatingadmissionpolicies`;
const bindings = `/apis/${group}/v1/mutatingadmissionpolicybindings`;

/** Milliseconds until the API server has to follow a new policy; it looks for them once a second. */
const inForceTimeout = 60_000;

/** What new containers are told. Pure. */
export function podProxyVariables(
  { http, https, bypass }: Omit<PodProxy, "authorities">,
  cluster: Whereabouts,
  hasAuthorities: boolean,
): readonly Variable[] {
  const proxies = [
    ["HTTP_PROXY", http],
    ["HTTPS_PROXY", https],
    ["NO_PROXY", aroundProxy(cluster, bypass)],
  ] as const;
  return [
    // curl reads http_proxy in that form only (curl(1)), others the upper case only.
    ...proxies.flatMap(([upper, value]) =>
      value === undefined ? [] : [upper, upper.toLowerCase()].map((either) => ({ name: either, value })),
    ),
    ...(hasAuthorities
      ? authorityVariables.map((variable) => ({
          name: variable,
          value: `${authoritiesFile.directory}/${authoritiesFile.name}`,
        }))
      : []),
  ];
}

/**
 * Has the API server give every new pod the variables, where its containers have none of the same name, and the file of
 * authorities, read-only. The volume is one that the pod security standard `restricted` allows. Pure.
 */
export function podProxyPolicy(variables: readonly Variable[], hasAuthorities: boolean): AppliedObject {
  const told = (kind: "containers" | "initContainers"): string => {
    const mount = `Object.spec.${kind}.volumeMounts{name: ${cel(name)}, mountPath: ${cel(authoritiesFile.directory)}, readOnly: true}`;
    return `object.spec.?${kind}.orValue([]).map(c, Object.spec.${kind}{
      name: c.name,
      env: variables.told
        .filter(v, !c.?env.orValue([]).exists(own, own.name.lowerAscii() == v.name.lowerAscii()))
        .map(v, Object.spec.${kind}.env{name: v.name, value: v.value})${hasAuthorities ? `,\n      volumeMounts: [${mount}]` : ""}
    })`;
  };
  const selector = { matchExpressions: [{ key: podProxyLabel, operator: "NotIn", values: ["off"] }] };
  return {
    apiVersion: `${group}/v1`,
    kind: "MutatingAdmissionPolicy",
    metadata: { name },
    spec: {
      // Whoever asked for the proxy is told of a pod that cannot be given it.
      failurePolicy: "Fail",
      reinvocationPolicy: "Never",
      matchConstraints: {
        namespaceSelector: selector,
        objectSelector: selector,
        resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
      },
      variables: [
        {
          name: "told",
          expression: `[${variables.map((one) => `{"name": ${cel(one.name)}, "value": ${cel(one.value)}}`).join(", ")}]`,
        },
      ],
      mutations: [
        {
          patchType: "ApplyConfiguration",
          applyConfiguration: {
            expression: `Object{spec: Object.spec{
    containers: ${told("containers")},
    initContainers: ${told("initContainers")}
  }}`,
          },
        },
        ...(hasAuthorities ? [{ patchType: "JSONPatch", jsonPatch: { expression: volumeExpression() } }] : []),
      ],
    },
  };
}

/**
 * Adds the volume. By a JSON patch, because an apply configuration may not have lists that are replaced as a whole
 * (validatePatch in apiserver/pkg/admission/plugin/policy/mutating/patch/smd.go), as a volume's sources are. The value of
 * an operation is never a list with objects: the API server v1.36.3 panics on one (evaluatePatchExpression in
 * json_patch.go beside it).
 */
function volumeExpression(): string {
  const bundle = `Object.spec.volumes.projected.sources.clusterTrustBundle{name: ${cel(name)}, path: ${cel(authoritiesFile.name)}}`;
  const volume = `Object.spec.volumes{name: ${cel(name)}, projected: Object.spec.volumes.projected{sources: [
      Object.spec.volumes.projected.sources{clusterTrustBundle: ${bundle}}]}}`;
  // A pod that is made of another one's description may have it already.
  return `object.spec.?volumes.orValue([]).exists(v, v.name == ${cel(name)}) ? [] :
    (size(object.spec.?volumes.orValue([])) > 0 ? [] : [JSONPatch{op: "add", path: "/spec/volumes", value: []}]) +
    [JSONPatch{op: "add", path: "/spec/volumes/-", value: ${volume}}]`;
}

/** A text as CEL writes it, which knows every escape of JSON (https://github.com/google/cel-spec/blob/master/doc/langdef.md#string-and-bytes-values). */
function cel(text: string): string {
  return JSON.stringify(text);
}

/**
 * Has every new pod told of a proxy, and returns when it is so.
 *
 * @param certificates those of the authorities that new pods trust; none: what their images trust
 * @throws ApiError where the API server refuses it; SandkubeError (timeout) where it does not follow
 */
export async function tellPodsOfProxy(
  client: Pick<ApiClient, "text" | "json">,
  variables: readonly Variable[],
  certificates: readonly string[],
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  const hasAuthorities = certificates.length > 0;
  if (hasAuthorities) await publishTrustBundle(client, name, certificates, signal);
  await applyObject(client, policies, podProxyPolicy(variables, hasAuthorities), signal).catch((error: unknown) => {
    throw withoutUsers(error);
  });
  await applyObject(
    client,
    bindings,
    {
      apiVersion: `${group}/v1`,
      kind: "MutatingAdmissionPolicyBinding",
      metadata: { name },
      spec: { policyName: name },
    },
    signal,
  );
  await waitUntil(() => isTold(client, variables, signal), {
    clock,
    what: "new pods to be told of the proxy",
    timeout: inForceTimeout,
    interval: 250,
    signal,
  });
}

/** A refusal without what it quotes of the policy: the user and the password of an address. */
function withoutUsers(error: unknown): unknown {
  if (!(error instanceof ApiError)) return error;
  return new ApiError(error.status, error.message.replaceAll(/\/\/[^/\s]*@/g, "//"));
}

/** Asks for a pod without making it, where nobody has rules of their own. */
async function isTold(
  client: Pick<ApiClient, "json">,
  variables: readonly Variable[],
  signal: AbortSignal,
): Promise<{ readonly ok: true } | { readonly ok: false; readonly because: string }> {
  const body = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: { containers: [{ name: "main", image: "none" }] },
  };
  try {
    const pod = await client.json<{ spec: { containers: readonly { env?: readonly Variable[] }[] } }>(
      "/api/v1/namespaces/kube-public/pods?dryRun=All",
      { method: "POST", body, signal },
    );
    const env = pod.spec.containers[0]?.env ?? [];
    const missing = variables.find((one) => !env.some((own) => own.name === one.name && own.value === one.value));
    // By its name alone: its value may hold a password.
    return missing === undefined ? { ok: true } : { ok: false, because: `a new pod is not told ${missing.name}` };
  } catch (error) {
    signal.throwIfAborted();
    // The namespace and its service account come a moment after the API server.
    return { ok: false, because: error instanceof Error ? error.message : String(error) };
  }
}

/** Forgets what {@link tellPodsOfProxy} made in a cluster whose state was kept; pods keep what they were told. */
export async function tellPodsOfNoProxy(client: Pick<ApiClient, "text">, signal: AbortSignal): Promise<void> {
  for (const collection of [bindings, policies, trustBundles]) {
    await client.text(`${collection}/${name}`, { method: "DELETE", signal }).catch((error: unknown) => {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
    });
  }
}
