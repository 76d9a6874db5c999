import { join } from "node:path";
import type { Component } from "../contract/component.ts";
import type { Host } from "../contract/host.ts";
import { stateLayout } from "../contract/state-layout.ts";
import { packageRoot } from "../host/package-root.ts";
import { loopbackNetworks, networkSettings } from "../network/node-network.ts";
import type { RelaySettings } from "../network/service-relay/relay-settings.ts";

/** Our service relay, which does what kube-proxy does elsewhere (docs/adr/0009-service-relay.md). */
export function serviceRelay(host: Host): Component {
  return {
    name: "service-relay",
    after: ["kube-apiserver"],
    async prepare(spec) {
      const layout = stateLayout(spec.stateDirectory);
      const path = `${layout.configuration}/service-relay.json`;
      const settings: RelaySettings = {
        kubeconfig: `${layout.kubeconfigs}/service-relay`,
        nodeName: spec.nodeName,
        nodeAddress: spec.network.nodeAddress,
        loadBalancerCidr: spec.network.loadBalancerCidr,
        // CoreDNS listens there itself.
        skip: [spec.network.dnsAddress],
        ...(spec.mode === "host-network"
          ? {}
          : {
              addresses: {
                program: spec.binaries["sandkube-cni"],
                settings: networkSettings(spec),
                networks: loopbackNetworks(spec),
              },
            }),
        socket: layout.serviceRelaySocket,
      };
      await host.files.write(path, JSON.stringify(settings, undefined, 2));
      await host.files.remove(layout.serviceRelaySocket);
      const program = join(packageRoot, "dist/cli/service-relay.js");
      // A small young generation: with 1,000 Services it saves a quarter of the memory (docs/performance.md).
      return { argv: [process.execPath, "--max-semi-space-size=1", program, path] };
    },
    async probe(spec) {
      const { serviceRelaySocket } = stateLayout(spec.stateDirectory);
      return (await host.sockets.canConnectUnix(serviceRelaySocket, 1000))
        ? { ok: true }
        : { ok: false, because: "it has not read the Services yet" };
    },
  };
}
