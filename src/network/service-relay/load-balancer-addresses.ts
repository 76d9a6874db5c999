import { BlockList } from "node:net";
import { addressIn } from "../../contract/address-range.ts";
import { nameOf, type Service } from "./service-objects.ts";
import { byAge, type Complaint } from "./wanted-state.ts";

/** Who has which address of the pool, and what has to be written about it. */
export interface LoadBalancerAddresses {
  /** By NAMESPACE/NAME. */
  readonly addresses: ReadonlyMap<string, string>;
  /** Services whose status says something else; `undefined`: it has to name no address. */
  readonly statusChanges: readonly { readonly service: Service; readonly address: string | undefined }[];
  readonly complaints: readonly Complaint[];
}

/**
 * Gives each service of type LoadBalancer an address of the pool: the one its
 * status names, the one it asks for, or the lowest that is free. Pure.
 */
export function loadBalancerAddresses(services: Iterable<Service>, pool: string): LoadBalancerAddresses {
  const [network = "", length = "32"] = pool.split("/");
  const inPool = new BlockList();
  inPool.addSubnet(network, Number(length));
  const isOurs = (address: string | undefined): address is string => address !== undefined && inPool.check(address);
  const size = 2 ** (32 - Number(length));

  const ordered = [...services].sort(byAge);
  const balanced = ordered.filter(isBalanced);
  const addresses = new Map<string, string>();
  const taken = new Set<string>();
  const give = (service: Service, address: string): void => {
    addresses.set(nameOf(service), address);
    taken.add(address);
  };
  const complaints: Complaint[] = [];
  // Who has an address keeps it, before anybody new is given one.
  for (const service of balanced) {
    const has = statusAddresses(service)[0];
    const asks = service.spec?.loadBalancerIP;
    if (isOurs(has) && !taken.has(has) && (!asks || asks === has)) give(service, has);
  }
  let offset = 1;
  for (const service of balanced) {
    if (addresses.has(nameOf(service))) continue;
    const asks = service.spec?.loadBalancerIP;
    if (asks) {
      if (isOurs(asks) && !taken.has(asks)) give(service, asks);
      else {
        const because = isOurs(asks) ? "another Service has it" : `it is not in ${pool}`;
        complaints.push({
          service,
          reason: "AddressNotAvailable",
          message: `loadBalancerIP ${asks} cannot be given: ${because}.`,
        });
      }
      continue;
    }
    // The first address and the last are the network's own.
    while (offset < size - 1 && taken.has(addressIn(pool, offset))) offset++;
    if (offset >= size - 1) {
      const message = `Every address of ${pool} is in use.`;
      complaints.push({ service, reason: "AddressNotAvailable", message });
    } else give(service, addressIn(pool, offset));
  }

  const statusChanges = ordered.flatMap((service) => {
    const address = addresses.get(nameOf(service));
    const said = statusAddresses(service);
    // What is not ours to give is not ours to take away: another controller may serve the service.
    const isSaid = address === undefined ? !said.some(isOurs) : said.length === 1 && said[0] === address;
    return isSaid ? [] : [{ service, address }];
  });
  return { addresses, statusChanges, complaints };
}

/** A class names another implementation. */
function isBalanced({ metadata, spec }: Service): boolean {
  return (
    spec?.type === "LoadBalancer" && spec.loadBalancerClass === undefined && metadata.deletionTimestamp === undefined
  );
}

function statusAddresses({ status }: Service): readonly (string | undefined)[] {
  return (status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip);
}
