import type { ClusterSpec } from "../contract/cluster-spec.ts";
import type { Component } from "../contract/component.ts";
import type { Host } from "../contract/host.ts";
import { stateLayout } from "../contract/state-layout.ts";
import { grantDnsAccess } from "../kube/cluster-dns.ts";
import { dnsClientName } from "../pki/cluster-pki.ts";
import type { ApiAccess } from "./api-access.ts";

/** The name that every cluster has from its first moment. */
const knownName = "kubernetes.default.svc.cluster.local";

/** CoreDNS (go/coredns), a process beside the node rather than a pod: no image, no pull, and ready before the first pod. */
export function coredns(host: Host, api: ApiAccess): Component {
  let granted = false;
  return {
    name: "coredns",
    after: ["kube-apiserver"],
    async prepare(spec, signal) {
      const layout = stateLayout(spec.stateDirectory);
      const configuration = `${layout.configuration}/Corefile`;
      await host.files.write(configuration, corefile(spec));
      // Before it starts, or its first look is refused and the next comes a second later. Once is enough:
      // what it serves of the cluster it has to be told by the same API server anyway.
      if (!granted) await grantDnsAccess(await api.client(spec), dnsClientName, signal);
      granted = true;
      return { argv: [spec.binaries.coredns, "-conf", configuration] };
    },
    async probe(spec) {
      const { dnsAddress } = spec.network;
      const answer = await host.sockets.askNameServer(dnsAddress, { name: knownName, type: "A" }, 2000);
      if (!answer.answered) return { ok: false, because: `${dnsAddress} does not answer: ${answer.because}` };
      if (answer.records.length > 0) return { ok: true };
      return { ok: false, because: `${dnsAddress} answers ${answer.code} for ${knownName}` };
    },
  };
}

/** The address besides its service's that it listens on: the node's, but where that is the machine's own, which others reach. */
export function dnsEndpoint({ mode, network }: ClusterSpec): string | undefined {
  return mode === "host-network" ? undefined : network.nodeAddress;
}

/** CoreDNS's configuration, kubeadm's as far as it applies (cmd/kubeadm/app/phases/addons/dns/manifests.go). */
export function corefile(spec: ClusterSpec): string {
  const { kubeconfigs } = stateLayout(spec.stateDirectory);
  const { dnsAddress, resolvers } = spec.network;
  const addresses = [dnsAddress, dnsEndpoint(spec)].filter((address) => address !== undefined);
  return `. {
    bind ${addresses.join(" ")}
    errors
    loadbalance
    cache 30 {
        disable success cluster.local
        disable denial cluster.local
    }
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        kubeconfig ${JSON.stringify(`${kubeconfigs}/coredns`)}
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }
${resolvers.length === 0 ? nobodyToAsk : forwarding(resolvers)}}
`;
}

function forwarding(resolvers: readonly string[]): string {
  // In order, as programs on the machine ask them (resolv.conf(5)).
  return `    loop
    forward . ${resolvers.join(" ")} {
        policy sequential
        max_concurrent 1000
    }
`;
}

/**
 * NXDOMAIN, because musl's resolver takes REFUSED and SERVFAIL for no answer and waits on
 * (https://git.musl-libc.org/cgit/musl/tree/src/network/res_msend.c). Extended error 23 is "Network Error" (RFC 8914).
 */
const nobodyToAsk = `    template ANY ANY . {
        rcode NXDOMAIN
        ederror 23 "no name server of this machine answers; names outside the cluster do not resolve here"
    }
`;
