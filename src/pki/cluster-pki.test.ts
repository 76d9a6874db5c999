import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { testSpec } from "../../test/fixtures/cluster-spec.ts";
import { localHost } from "../host/local-host.ts";
import { contextName, ensureClusterPki, pkiPaths } from "./cluster-pki.ts";

const host = localHost();
let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "sandkube-pki-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

interface Kubeconfig {
  readonly apiVersion: string;
  readonly kind: string;
  readonly "current-context": string;
  readonly clusters: readonly { readonly name: string; readonly cluster: Readonly<Record<string, string>> }[];
  readonly users: readonly { readonly name: string; readonly user: Readonly<Record<string, string>> }[];
  readonly contexts: readonly { readonly name: string; readonly context: Readonly<Record<string, string>> }[];
}

async function kubeconfigAt(path: string): Promise<Kubeconfig> {
  return parse(await readFile(join(directory, path), "utf8")) as Kubeconfig;
}

async function certificateAt(name: keyof ReturnType<typeof pkiPaths>): Promise<X509Certificate> {
  return new X509Certificate(await readFile(pkiPaths(directory)[name]));
}

async function contents(): Promise<Record<string, string>> {
  const names = await readdir(join(directory, "pki"));
  const texts = await Promise.all(names.map((name) => readFile(join(directory, "pki", name), "utf8")));
  return Object.fromEntries(names.map((name, index) => [name, texts[index] ?? ""]));
}

describe("ensureClusterPki", () => {
  it("writes every file that components name, and nothing else", async () => {
    const files = async (): Promise<string[]> =>
      (await readdir(join(directory, "pki"))).map((name) => join(directory, "pki", name)).sort();
    const known = Object.values(pkiPaths(directory)).sort();
    await ensureClusterPki(testSpec(directory), host);
    expect(await files()).toEqual(known.filter((path) => !path.includes("metrics-server")));
    const kubeconfigs = ["controller-manager", "coredns", "kubelet", "scheduler", "service-relay"];
    expect((await readdir(join(directory, "kubeconfigs"))).sort()).toEqual(kubeconfigs);
    const addons = { "metrics-server": { port: 1, figuresPort: 2, figures: { from: "kubelet" } } } as const;
    await ensureClusterPki(testSpec(directory, { addons }), host);
    expect(await files()).toEqual(known);
    expect((await readdir(join(directory, "kubeconfigs"))).sort()).toEqual([...kubeconfigs, "metrics-server"].sort());
  });

  it("keeps private what is private", async () => {
    await ensureClusterPki(testSpec(directory), host);
    const mode = async (path: string): Promise<number> => (await stat(join(directory, path))).mode & 0o777;
    const keys = (await readdir(join(directory, "pki"))).filter((name) => name.endsWith(".key"));
    expect(keys).toHaveLength(8);
    for (const key of keys) expect(await mode(`pki/${key}`), key).toBe(0o600);
    for (const name of await readdir(join(directory, "kubeconfigs"))) {
      expect(await mode(`kubeconfigs/${name}`), name).toBe(0o600);
    }
    expect(await mode("kubeconfig")).toBe(0o600);
    expect(await mode("pki")).toBe(0o700);
    expect(await mode("kubeconfigs")).toBe(0o700);
  });

  it("keeps the authorities and the service-account key, and renews what they sign", async () => {
    await ensureClusterPki(testSpec(directory), host);
    const before = await contents();
    await ensureClusterPki(testSpec(directory), host);
    const after = await contents();
    const same = Object.keys(before).filter((name) => before[name] === after[name]);
    expect(same.sort()).toEqual([
      "ca.crt",
      "ca.key",
      "front-proxy-ca.crt",
      "front-proxy-ca.key",
      "service-account.key",
      "service-account.pub",
    ]);
    const authority = new X509Certificate(before["ca.crt"] ?? "");
    expect((await certificateAt("apiserver.crt")).verify(authority.publicKey)).toBe(true);
  });

  it("makes a whole authority where half of it is lost", async () => {
    await ensureClusterPki(testSpec(directory), host);
    await unlink(pkiPaths(directory)["ca.key"]);
    await ensureClusterPki(testSpec(directory), host);
    const authority = await certificateAt("ca.crt");
    expect(authority.checkPrivateKey(createPrivateKey(await readFile(pkiPaths(directory)["ca.key"])))).toBe(true);
    expect((await certificateAt("apiserver.crt")).verify(authority.publicKey)).toBe(true);
  });

  it.each(["service-account.key", "service-account.pub"] as const)(
    "makes the service-account key whole where %s is lost",
    async (lost) => {
      await ensureClusterPki(testSpec(directory), host);
      await unlink(pkiPaths(directory)[lost]);
      await ensureClusterPki(testSpec(directory), host);
      const derived = createPublicKey(createPrivateKey(await readFile(pkiPaths(directory)["service-account.key"])));
      const kept = createPublicKey(await readFile(pkiPaths(directory)["service-account.pub"]));
      expect(derived.equals(kept)).toBe(true);
    },
  );

  it("signs each certificate with the right authority", async () => {
    await ensureClusterPki(testSpec(directory), host);
    const authority = await certificateAt("ca.crt");
    const frontProxy = await certificateAt("front-proxy-ca.crt");
    for (const name of ["apiserver.crt", "apiserver-kubelet-client.crt", "kubelet.crt", "control-plane.crt"] as const) {
      const certificate = await certificateAt(name);
      expect(certificate.verify(authority.publicKey), name).toBe(true);
      expect(certificate.verify(frontProxy.publicKey), name).toBe(false);
    }
    expect((await certificateAt("front-proxy-client.crt")).verify(frontProxy.publicKey)).toBe(true);
  });

  it("gives the API server every name that it is called by", async () => {
    const spec = testSpec(directory, {
      mode: "node",
      api: { bindAddress: "192.0.2.7", advertiseAddress: "10.244.0.1", subjectAltNames: ["api.test", "198.51.100.3"] },
    });
    await ensureClusterPki(spec, host);
    const certificate = await certificateAt("apiserver.crt");
    for (const name of [
      "kubernetes",
      "kubernetes.default",
      "kubernetes.default.svc",
      "kubernetes.default.svc.cluster.local",
      "localhost",
      "sandkube-test",
      "api.test",
    ]) {
      expect(certificate.checkHost(name), name).toBeDefined();
    }
    for (const address of ["127.0.0.1", "10.96.0.1", "10.244.0.1", "192.0.2.7", "198.51.100.3"]) {
      expect(certificate.checkIP(address), address).toBeDefined();
    }
    expect(certificate.checkIP("0.0.0.0")).toBeUndefined();
    expect(certificate.checkHost("evil.test")).toBeUndefined();
  });

  it("gives the kubelet a certificate that the API server accepts: the node's name and address", async () => {
    await ensureClusterPki(testSpec(directory), host);
    const certificate = await certificateAt("kubelet.crt");
    expect(certificate.checkHost("sandkube-test")).toBeDefined();
    expect(certificate.checkIP("10.244.0.1")).toBeDefined();
  });
});

describe("the kubeconfigs", () => {
  it("have what kubectl needs, all inline, and agree with themselves", async () => {
    await ensureClusterPki(testSpec(directory), host);
    const config = await kubeconfigAt("kubeconfig");
    const context = config.contexts[0]?.context;
    expect(config).toMatchObject({ apiVersion: "v1", kind: "Config", "current-context": "sandkube-test" });
    expect(config.contexts.map(({ name }) => name)).toEqual([config["current-context"]]);
    expect(config.clusters.map(({ name }) => name)).toEqual([context?.["cluster"]]);
    expect(config.users.map(({ name }) => name)).toEqual([context?.["user"]]);
    expect(config.clusters[0]?.cluster["server"]).toBe("https://127.0.0.1:6443");
    const decode = (text: string | undefined): string => Buffer.from(text ?? "", "base64").toString();
    expect(decode(config.clusters[0]?.cluster["certificate-authority-data"])).toBe(
      await readFile(pkiPaths(directory)["ca.crt"], "utf8"),
    );
    const client = new X509Certificate(decode(config.users[0]?.user["client-certificate-data"]));
    expect(client.checkPrivateKey(createPrivateKey(decode(config.users[0]?.user["client-key-data"])))).toBe(true);
    expect(client.verify((await certificateAt("ca.crt")).publicKey)).toBe(true);
  });

  it.each([
    ["kubeconfig", "O=system:masters\nCN=kubernetes-admin"],
    ["kubeconfigs/controller-manager", "CN=system:kube-controller-manager"],
    ["kubeconfigs/scheduler", "CN=system:kube-scheduler"],
    ["kubeconfigs/coredns", "CN=sandkube:coredns"],
    ["kubeconfigs/kubelet", "O=system:nodes\nCN=system:node:sandkube-test"],
  ])("%s is %j", async (path, subject) => {
    await ensureClusterPki(testSpec(directory), host);
    const data = (await kubeconfigAt(path)).users[0]?.user["client-certificate-data"] ?? "";
    expect(new X509Certificate(Buffer.from(data, "base64")).subject).toBe(subject);
  });

  it("name the advertised address where the API server listens on all", async () => {
    const api = { bindAddress: "0.0.0.0", advertiseAddress: "192.0.2.7", subjectAltNames: [] };
    await ensureClusterPki(testSpec(directory, { api }), host);
    expect((await kubeconfigAt("kubeconfig")).clusters[0]?.cluster["server"]).toBe("https://192.0.2.7:6443");
  });

  it("have no broken lines in them", async () => {
    await ensureClusterPki(testSpec(directory), host);
    const text = await readFile(join(directory, "kubeconfig"), "utf8");
    expect(text).toMatch(/certificate-authority-data: [A-Za-z0-9+/=]{400,}\n/);
  });
});

it("the context is named for the cluster", () => {
  expect(contextName("default")).toBe("sandkube-default");
});
