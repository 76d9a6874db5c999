/** The point-to-point network of one sandbox: four addresses, of which two are usable. */
export interface SandboxSubnet {
  /** Such as `10.199.0.4/30`. */
  readonly cidr: string;
  /** The host's end of the veth pair; the sandbox's default gateway. */
  readonly hostAddress: string;
  /** The sandbox's address. */
  readonly sandboxAddress: string;
}

/** An address range: the first address and the one after the last. */
interface Range {
  readonly start: number;
  readonly end: number;
}

const pool = parseRange("10.199.0.0/16");

/**
 * Takes the first free /30 of 10.199.0.0/16.
 *
 * @param used every network and address of the host, such as `10.199.0.0/30` or `192.0.2.7`; a default route is no use
 * @returns undefined where all 16 384 are taken
 */
export function chooseSubnet(used: readonly string[]): SandboxSubnet | undefined {
  const ranges = used.map(parseRange).filter((range) => range !== undefined);
  if (pool === undefined) return undefined;
  for (let start = pool.start; start < pool.end; start += 4) {
    const taken = ranges.some((range) => range.start < start + 4 && range.end > start);
    if (!taken) {
      return {
        cidr: `${formatAddress(start)}/30`,
        hostAddress: formatAddress(start + 1),
        sandboxAddress: formatAddress(start + 2),
      };
    }
  }
  return undefined;
}

/** Reads the networks and addresses in use out of `ip -4 -json addr` and `ip -4 -json route show table all`. */
export function usedNetworks(addresses: unknown, routes: unknown): readonly string[] {
  const local = list(addresses)
    .flatMap((link) => list(field(link, "addr_info")))
    .map((info) => `${text(field(info, "local"))}/${text(field(info, "prefixlen"))}`);
  const routed = list(routes)
    .map((route) => text(field(route, "dst")))
    .filter((destination) => destination !== "default" && destination !== "0.0.0.0/0");
  return [...local, ...routed];
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function text(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function parseRange(network: string): Range | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)(?:\/(\d+))?$/.exec(network);
  if (match === null) return undefined;
  const [a, b, c, d] = match.slice(1, 5).map(Number);
  if (a === undefined || b === undefined || c === undefined || d === undefined) return undefined;
  const size = 2 ** (32 - Number(match[5] ?? 32));
  // Multiplication, not shifts: shifts are signed.
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  const start = address - (address % size);
  return { start, end: start + size };
}

function formatAddress(address: number): string {
  return [2 ** 24, 2 ** 16, 2 ** 8, 1].map((unit) => String(Math.floor(address / unit) % 256)).join(".");
}
