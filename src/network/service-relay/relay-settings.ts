/** What a service relay is told at its start, as a JSON file. */
export interface RelaySettings {
  readonly kubeconfig: string;
  readonly nodeName: string;
  readonly nodeAddress: string;
  /** Addresses that services of type LoadBalancer get. */
  readonly loadBalancerCidr: string;
  /** Addresses of services that somebody else serves. */
  readonly skip: readonly string[];
  /** The program and the settings that give lo its addresses (go/cni, `node-addresses`). Undefined: it has those it needs, and gets no others. */
  readonly addresses?: {
    readonly program: string;
    readonly settings: Readonly<Record<string, unknown>>;
    /** The networks that lo has in any case. */
    readonly networks: readonly string[];
  };
  /** A unix socket that accepts once every service is served; it tells {@link RelayStatus} as JSON. */
  readonly socket: string;
}

/** What a relay says of itself. */
export interface RelayStatus {
  readonly services: number;
  readonly listeners: number;
  /** PROTOCOL/ADDRESS:PORT of what could not be opened. */
  readonly failed: readonly string[];
  readonly rssBytes: number;
}

/** The name by which events of the relay are known. */
export const relayComponent = "sandkube-service-relay";
