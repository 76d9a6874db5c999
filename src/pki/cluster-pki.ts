import { join } from "node:path";
import { addressIn } from "../contract/address-range.ts";
import type { ClusterSpec } from "../contract/cluster-spec.ts";
import type { Host } from "../contract/host.ts";
import { stateLayout } from "../contract/state-layout.ts";
import { CertificateAuthority, createSigningKey, type KeyPair, type LeafRequest } from "./certificate-authority.ts";
import { makeKubeconfig } from "./kubeconfig.ts";

const secret = { mode: 0o600 };

/** Paths below the PKI directory that components name in their flags. */
export function pkiPaths(stateDirectory: string): Readonly<Record<PkiFile, string>> {
  const { pki } = stateLayout(stateDirectory);
  return Object.fromEntries(pkiFiles.map((name) => [name, join(pki, name)])) as Record<PkiFile, string>;
}

const pkiFiles = [
  "ca.crt",
  "ca.key",
  "front-proxy-ca.crt",
  "front-proxy-ca.key",
  "front-proxy-client.crt",
  "front-proxy-client.key",
  "service-account.key",
  "service-account.pub",
  "apiserver.crt",
  "apiserver.key",
  "apiserver-kubelet-client.crt",
  "apiserver-kubelet-client.key",
  "kubelet.crt",
  "kubelet.key",
  "control-plane.crt",
  "control-plane.key",
  "metrics-server.crt",
  "metrics-server.key",
] as const;

/** A file of the PKI. */
export type PkiFile = (typeof pkiFiles)[number];

/**
 * Makes the cluster's certificates, keys and kubeconfigs. The authorities and
 * the service-account key are kept where they are there already, so that a
 * cluster with kept state accepts its old tokens; what they sign is made anew,
 * because addresses and ports may have changed.
 *
 * The identities are kubeadm's (https://kubernetes.io/docs/setup/best-practices/certificates/).
 */
export async function ensureClusterPki(spec: ClusterSpec, host: Host): Promise<void> {
  const layout = stateLayout(spec.stateDirectory);
  await host.files.makeDirectory(layout.pki, { mode: 0o700 });
  await host.files.makeDirectory(layout.kubeconfigs, { mode: 0o700 });
  const paths = pkiPaths(spec.stateDirectory);
  const now = host.clock.now();
  const [authority, frontProxy] = await Promise.all([
    ensureAuthority("sandkube-ca", paths["ca.crt"], paths["ca.key"], now, host),
    ensureAuthority("sandkube-front-proxy-ca", paths["front-proxy-ca.crt"], paths["front-proxy-ca.key"], now, host),
    ensureServiceAccountKey(paths["service-account.key"], paths["service-account.pub"], host),
  ]);
  const server = `https://${spec.api.bindAddress === "0.0.0.0" ? spec.api.advertiseAddress : spec.api.bindAddress}:${String(spec.ports.api)}`;

  const write = async (
    name:
      "apiserver" | "apiserver-kubelet-client" | "front-proxy-client" | "kubelet" | "control-plane" | "metrics-server",
    issued: Promise<KeyPair>,
  ): Promise<void> => {
    const pair = await issued;
    await host.files.write(paths[`${name}.crt`], pair.certificate);
    await host.files.write(paths[`${name}.key`], pair.privateKey, secret);
  };
  const writeKubeconfig = async (path: string, user: string, request: Omit<LeafRequest, "usage">): Promise<void> => {
    const client = await authority.issue({ ...request, usage: "client" }, now);
    const text = makeKubeconfig({
      name: contextName(spec.name),
      user,
      server,
      authority: authority.pem.certificate,
      client,
    });
    await host.files.write(path, text, secret);
  };

  await Promise.all([
    write(
      "apiserver",
      authority.issue({ commonName: "kube-apiserver", usage: "server", subjectAltNames: apiServerNames(spec) }, now),
    ),
    write("apiserver-kubelet-client", authority.issue({ commonName: kubeletClientName, usage: "client" }, now)),
    write("front-proxy-client", frontProxy.issue({ commonName: "front-proxy-client", usage: "client" }, now)),
    write(
      "kubelet",
      authority.issue(
        {
          commonName: `system:node:${spec.nodeName}`,
          organizations: ["system:nodes"],
          usage: "server",
          subjectAltNames: [spec.nodeName, spec.network.nodeAddress],
        },
        now,
      ),
    ),
    // The controller manager and the scheduler would make RSA certificates of their own at each start.
    write(
      "control-plane",
      authority.issue(
        { commonName: "sandkube-control-plane", usage: "server", subjectAltNames: ["localhost", "127.0.0.1"] },
        now,
      ),
    ),
    writeKubeconfig(layout.kubeconfig, `${contextName(spec.name)}-admin`, {
      commonName: "kubernetes-admin",
      organizations: ["system:masters"],
    }),
    writeKubeconfig(`${layout.kubeconfigs}/controller-manager`, "system:kube-controller-manager", {
      commonName: "system:kube-controller-manager",
    }),
    writeKubeconfig(`${layout.kubeconfigs}/scheduler`, "system:kube-scheduler", {
      commonName: "system:kube-scheduler",
    }),
    writeKubeconfig(`${layout.kubeconfigs}/coredns`, dnsClientName, { commonName: dnsClientName }),
    ...(spec.mode === "simulated"
      ? [writeKubeconfig(`${layout.kubeconfigs}/kwok`, kwokName, { commonName: kwokName })]
      : []),
    ...(spec.addons?.["metrics-server"] === undefined
      ? []
      : [
          writeKubeconfig(`${layout.kubeconfigs}/metrics-server`, metricsServerName, { commonName: metricsServerName }),
          write(
            "metrics-server",
            authority.issue(
              {
                commonName: metricsServerName,
                usage: "server",
                // The API server asks for the Service's name, whatever address it goes to.
                subjectAltNames: ["metrics-server.kube-system.svc"],
              },
              now,
            ),
          ),
        ]),
    writeKubeconfig(`${layout.kubeconfigs}/kubelet`, `system:node:${spec.nodeName}`, {
      commonName: `system:node:${spec.nodeName}`,
      organizations: ["system:nodes"],
    }),
    writeKubeconfig(`${layout.kubeconfigs}/service-relay`, serviceRelayName, { commonName: serviceRelayName }),
  ]);
}

/** The API server's name towards the kubelet; it is bound to system:kubelet-api-admin when the cluster starts. */
export const kubeletClientName = "sandkube:kubelet-client";

/** CoreDNS's name towards the API server; it is bound to a role of its own when CoreDNS starts. */
export const dnsClientName = "sandkube:coredns";

/** The service relay's name; it is given what it needs when the cluster starts. */
export const serviceRelayName = "sandkube:service-relay";

/** metrics-server's name towards the API server and the kubelet; it is given what it needs when it starts. */
export const metricsServerName = "sandkube:metrics-server";

/** kwok's name towards the API server; what it may do is in cluster/simulated-nodes.ts. */
export const kwokName = "sandkube:kwok";

/** The kubeconfig context of a cluster, as kind names its contexts. */
export function contextName(cluster: string): string {
  return `sandkube-${cluster}`;
}

function apiServerNames(spec: ClusterSpec): string[] {
  const names = [
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
    "localhost",
    "127.0.0.1",
    spec.nodeName,
    addressIn(spec.network.serviceCidr, 1), // the ClusterIP of the service "kubernetes"
    spec.network.nodeAddress,
    spec.api.advertiseAddress,
    ...(spec.api.bindAddress === "0.0.0.0" ? [] : [spec.api.bindAddress]),
    ...spec.api.subjectAltNames,
  ];
  return [...new Set(names)];
}

async function ensureAuthority(
  commonName: string,
  certificatePath: string,
  keyPath: string,
  now: number,
  host: Host,
): Promise<CertificateAuthority> {
  const [certificate, privateKey] = await Promise.all([
    host.files.readTextIfPresent(certificatePath),
    host.files.readTextIfPresent(keyPath),
  ]);
  if (certificate !== undefined && privateKey !== undefined) {
    return CertificateAuthority.load({ certificate, privateKey });
  }
  const authority = await CertificateAuthority.create(commonName, now);
  await host.files.write(keyPath, authority.pem.privateKey, secret);
  await host.files.write(certificatePath, authority.pem.certificate);
  return authority;
}

async function ensureServiceAccountKey(privatePath: string, publicPath: string, host: Host): Promise<void> {
  const halves = await Promise.all([host.files.status(privatePath), host.files.status(publicPath)]);
  if (halves.every((half) => half !== undefined)) return;
  const key = await createSigningKey();
  await host.files.write(privatePath, key.privateKey, secret);
  await host.files.write(publicPath, key.publicKey);
}
