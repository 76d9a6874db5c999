import { stringify } from "yaml";
import type { KeyPair } from "./certificate-authority.ts";

/** What a kubeconfig says. */
export interface KubeconfigOptions {
  /** Names the cluster and the context. */
  readonly name: string;
  readonly user: string;
  /** The API server's URL. */
  readonly server: string;
  /** The authority's certificate, PEM. */
  readonly authority: string;
  readonly client: KeyPair;
  readonly namespace?: string;
}

/** Writes a kubeconfig with everything inline, as kind and kubeadm do, so that it can be copied alone. */
export function makeKubeconfig(options: KubeconfigOptions): string {
  const base64 = (pem: string): string => Buffer.from(pem).toString("base64");
  return stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [
        {
          name: options.name,
          cluster: { server: options.server, "certificate-authority-data": base64(options.authority) },
        },
      ],
      users: [
        {
          name: options.user,
          user: {
            "client-certificate-data": base64(options.client.certificate),
            "client-key-data": base64(options.client.privateKey),
          },
        },
      ],
      contexts: [{ name: options.name, context: { cluster: options.name, user: options.user } }],
      "current-context": options.name,
    },
    { lineWidth: 0 },
  );
}
