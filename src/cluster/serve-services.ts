import type { Host } from "../contract/host.ts";
import { ApiClient } from "../kube/api-client.ts";
import type { RelaySettings } from "../network/service-relay/relay-settings.ts";
import { serveStatus } from "../network/service-relay/serve-status.ts";
import { ServiceRelay } from "../network/service-relay/service-relay.ts";

/** The body of the service-relay process: serves until the signal. */
export async function serveServices(settingsPath: string, host: Host, signal: AbortSignal): Promise<void> {
  const settings = JSON.parse(await host.files.readText(settingsPath)) as RelaySettings;
  using client = ApiClient.fromKubeconfig(await host.files.readText(settings.kubeconfig));
  const relay = new ServiceRelay(settings, client, host);
  let status: AsyncDisposable | undefined;
  try {
    await relay.run(signal, async () => {
      status = await serveStatus(settings.socket, () => relay.status());
    });
  } finally {
    await status?.[Symbol.asyncDispose]();
  }
}
