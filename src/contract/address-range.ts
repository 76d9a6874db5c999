/**
 * The address at an offset of an IPv4 range. The offset counts from the range's
 * first address, whichever address in it was written: Kubernetes reads 10.96.3.7/16
 * as 10.96.0.0/16.
 */
export function addressIn(cidr: string, offset: number): string {
  const [address = "", length = "32"] = cidr.split("/");
  const value = address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const size = 2 ** (32 - Number(length));
  const found = Math.floor(value / size) * size + offset; // not with bit operators, which are signed
  return [24, 16, 8, 0].map((shift) => Math.floor(found / 2 ** shift) % 256).join(".");
}
