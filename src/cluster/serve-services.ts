import type { Host } from "../contract/host.ts";
import { ApiClient } from "../kube/api-client.ts";
import { refusePolicies } from "../network/service-relay/network-policies.ts";
import type { RelaySettings } from "../network/service-relay/relay-settings.ts";
import { serveStatus } from "../network/service-relay/serve-status.ts";
import { ServiceRelay } from "../network/service-relay/service-relay.ts";

/** The body of the service-relay process: serves, and tells of policies that they are not enforced, until the signal. */
export async function serveServices(settingsPath: string, host: Host, signal: AbortSignal): Promise<void> {
  const settings = JSON.parse(await host.files.readText(settingsPath)) as RelaySettings;
  using client = ApiClient.fromKubeconfig(await host.files.readText(settings.kubeconfig));
  const relay = new ServiceRelay(settings, client, host);
  const over = new AbortController();
  const ends = AbortSignal.any([signal, over.signal]);
  const refusing = refusePolicies(client, settings.nodeName, host.clock, ends);
  let status: AsyncDisposable | undefined;
  try {
    await relay.run(signal, async () => {
      status = await serveStatus(settings.socket, () => relay.status());
    });
  } finally {
    over.abort();
    await refusing;
    await status?.[Symbol.asyncDispose]();
  }
}
