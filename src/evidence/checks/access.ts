import { stateLayout } from "../../contract/state-layout.ts";
import { judge, proved, refuted, type Check } from "../check.ts";
import type { ClusterView } from "../cluster-view.ts";

interface TokenRequest {
  readonly status: { readonly token: string };
}

/** Makes a service account and gives a token for it. The token is never shown. */
async function accountToken(cluster: ClusterView, name: string, audiences?: readonly string[]): Promise<string> {
  await cluster.create({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name } });
  const { status } = await cluster.client.json<TokenRequest>(`${cluster.path("serviceaccounts", name)}/token`, {
    method: "POST",
    body: {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: audiences === undefined ? {} : { audiences },
    },
  });
  return status.token;
}

/** `anonymous-refused` */
export const anonymousRefused: Check = {
  id: "anonymous-refused",
  claim: "The API server tells nothing to anybody who does not say who they are",
  scope: "cluster",
  async run(cluster) {
    using nobody = cluster.client.withToken(undefined);
    using forger = cluster.client.withToken("no-token-at-all");
    const answers = [
      await cluster.ask(nobody, "/api/v1/secrets", { as: "nobody", sensitive: true }),
      await cluster.ask(nobody, "/version", { as: "nobody", sensitive: true }),
      await cluster.ask(forger, "/api/v1/secrets", { as: "the bearer of a made-up token", sensitive: true }),
    ];
    const statuses = answers.map(({ status }) => status);
    return judge(
      statuses.every((status) => status === 401),
      `the answers were ${statuses.join(", ")}`,
    );
  },
};

/** `kubelet-anonymous-refused` */
export const kubeletAnonymousRefused: Check = {
  id: "kubelet-anonymous-refused",
  claim: "The kubelet's port tells nothing to anybody who does not say who they are",
  scope: "containers",
  async run(cluster) {
    const { nodeAddress } = cluster.spec.network;
    using nobody = cluster.client.withToken(undefined);
    const kubelet = `https://${nodeAddress}:${String(cluster.spec.ports.kubelet)}`;
    const answers = [
      await cluster.ask(nobody, `${kubelet}/pods`, { as: "nobody", sensitive: true }),
      await cluster.ask(nobody, `${kubelet}/run/default/any/main`, { as: "nobody", sensitive: true, method: "POST" }),
    ];
    const statuses = answers.map(({ status }) => status);
    return judge(
      statuses.every((status) => status === 401),
      `the answers were ${statuses.join(", ")}`,
    );
  },
};

/** `rbac` */
export const rbac: Check = {
  id: "rbac",
  claim: "A service account may do nothing until a Role lets it, and then that and no more",
  scope: "cluster",
  async run(cluster) {
    const name = "rbac";
    const token = await accountToken(cluster, name);
    using account = cluster.client.withToken(token);
    const maps = cluster.path("configmaps");
    const before = await cluster.ask(account, maps, { as: "an account without a Role", sensitive: true });
    if (before.status !== 403) return refuted(`without a Role the answer was ${String(before.status)}`);
    const group = "rbac.authorization.k8s.io";
    const at = `/apis/${group}/v1/namespaces/${cluster.namespace}`;
    await cluster.client.text(`${at}/roles`, {
      method: "POST",
      body: {
        apiVersion: `${group}/v1`,
        kind: "Role",
        metadata: { name },
        rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["list"] }],
      },
    });
    await cluster.client.text(`${at}/rolebindings`, {
      method: "POST",
      body: {
        apiVersion: `${group}/v1`,
        kind: "RoleBinding",
        metadata: { name },
        roleRef: { apiGroup: group, kind: "Role", name },
        subjects: [{ kind: "ServiceAccount", name, namespace: cluster.namespace }],
      },
    });
    await cluster.holds("the Role to let it through", async () => {
      // What it lists may hold anything; only that it may is shown.
      const { status } = await cluster.ask(account, `${maps}?limit=1&fieldSelector=metadata.name=none`, {
        as: "the account with the Role",
      });
      return status === 200
        ? { ok: true, value: undefined }
        : { ok: false, because: `the answer is ${String(status)}` };
    });
    const beyond = await cluster.ask(account, cluster.path("secrets"), {
      as: "the account with the Role",
      sensitive: true,
    });
    const elsewhere = await cluster.ask(account, "/api/v1/namespaces/default/configmaps", {
      as: "the account with the Role",
      sensitive: true,
    });
    const statuses = [beyond, elsewhere].map(({ status }) => status);
    return judge(
      statuses.every((status) => status === 403),
      `403 without a Role; with one it lists configmaps, and secrets and another namespace answer ${statuses.join(" and ")}`,
    );
  },
};

/** `node-restriction` */
export const nodeRestriction: Check = {
  id: "node-restriction",
  claim: "A node's identity reads no Secret that no pod of that node uses, and writes no other node",
  scope: "cluster",
  async run(cluster) {
    const stranger = { user: "system:node:stranger", groups: ["system:nodes", "system:authenticated"] };
    await cluster.create({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "of-nobody" },
      stringData: { word: cluster.word() },
    });
    const as = stranger.user;
    const read = await cluster.ask(cluster.client, cluster.path("secrets", "of-nobody"), {
      impersonate: stranger,
      as,
      sensitive: true,
    });
    // Asked for without being made: should it be let through, there is no node that nobody runs.
    const other = { apiVersion: "v1", kind: "Node", metadata: { name: "another" } };
    const change = await cluster.ask(cluster.client, "/api/v1/nodes?dryRun=All", {
      impersonate: stranger,
      as,
      method: "POST",
      body: other,
    });
    return judge(
      read.status === 403 && change.status === 403,
      `reading the Secret answers ${String(read.status)}, writing another node ${String(change.status)}`,
    );
  },
};

/** `token-review` */
export const tokenReview: Check = {
  id: "token-review",
  claim: "A service account's token is known by TokenReview for what it is, and a tampered one is not",
  scope: "cluster",
  async run(cluster) {
    const token = await accountToken(cluster, "reviewed", ["https://verify.invalid"]);
    // Another last letter may stand for the same bits; the tenth of the signature does not.
    const at = token.lastIndexOf(".") + 10;
    const tampered = `${token.slice(0, at)}${token[at] === "A" ? "B" : "A"}${token.slice(at + 1)}`;
    const review = async (what: string, candidate: string): Promise<ReviewStatus> => {
      const { status } = await cluster.client.json<{ status: ReviewStatus }>(
        "/apis/authentication.k8s.io/v1/tokenreviews",
        {
          method: "POST",
          body: {
            apiVersion: "authentication.k8s.io/v1",
            kind: "TokenReview",
            spec: { token: candidate, audiences: ["https://verify.invalid"] },
          },
        },
      );
      cluster.exhibit(`TokenReview of ${what}`, { authenticated: status.authenticated, user: status.user?.username });
      return status;
    };
    const genuine = await review("the token", token);
    const forged = await review("the token with one letter changed", tampered);
    const wanted = `system:serviceaccount:${cluster.namespace}:reviewed`;
    return judge(
      genuine.authenticated === true && genuine.user?.username === wanted && forged.authenticated !== true,
      `the token is ${genuine.user?.username ?? "nobody's"}; the tampered one is ${forged.authenticated === true ? "accepted" : "refused"}`,
    );
  },
};

interface ReviewStatus {
  readonly authenticated?: boolean;
  readonly user?: { readonly username: string };
}

/** `secrets-on-disk` */
export const secretsOnDisk: Check = {
  id: "secrets-on-disk",
  claim: "Only the owner of the cluster can read its keys, kubeconfigs and data on disk",
  scope: "cluster",
  alone: true,
  async run(cluster) {
    const { files } = cluster.host;
    const layout = stateLayout(cluster.spec.stateDirectory);
    const below = async (directory: string, suffix: string): Promise<string[]> =>
      ((await files.list(directory)) ?? [])
        .filter((name) => name.endsWith(suffix))
        .map((name) => `${directory}/${name}`);
    const paths = [
      layout.root,
      layout.kubeconfig,
      layout.record,
      layout.datastore,
      ...(await below(layout.pki, ".key")),
      ...(await below(layout.kubeconfigs, "")),
    ];
    const modes = await Promise.all(
      paths.map(async (path) => ({ path, mode: (await files.status(path))?.mode ?? 0o777 })),
    );
    for (const { path, mode } of modes) cluster.exhibit(`stat ${path}`, mode.toString(8));
    const open = openToOthers(modes);
    return open.length === 0
      ? proved(`${String(modes.length)} files and directories are the owner's alone`)
      : refuted(`others have access to ${open.join(", ")}`);
  },
};

/** Paths with any permission for anybody but the owner. Pure. */
export function openToOthers(modes: readonly { readonly path: string; readonly mode: number }[]): readonly string[] {
  return modes.filter(({ mode }) => (mode & 0o077) !== 0).map(({ path }) => path);
}
