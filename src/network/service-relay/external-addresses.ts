import type { Host } from "../../contract/host.ts";
import type { RelaySettings } from "./relay-settings.ts";

/**
 * Gives lo the addresses that Services name in `externalIPs`, and takes them
 * away again. They are written down by the program, so that `down` removes
 * them whatever became of this process.
 */
export class ExternalAddresses {
  readonly #settings: NonNullable<RelaySettings["addresses"]>;
  readonly #host: Host;
  /** Unknown at the start: a relay before this one may have left some. */
  #current: string | undefined;

  constructor(settings: NonNullable<RelaySettings["addresses"]>, host: Host) {
    this.#settings = settings;
    this.#host = host;
  }

  /** Makes lo have exactly these besides its own. */
  async become(addresses: readonly string[], signal: AbortSignal): Promise<void> {
    const wanted = addresses.filter((address) => !address.includes(":"));
    if (this.#current === wanted.join() || (this.#current === undefined && wanted.length === 0)) return;
    const { program, settings, networks } = this.#settings;
    await this.#host.commands.run([program, "node-addresses"], {
      input: JSON.stringify({ ...settings, loopback: [...networks, ...wanted.map((address) => `${address}/32`)] }),
      signal,
    });
    this.#current = wanted.join();
  }
}
