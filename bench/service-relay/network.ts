import { execFileSync } from "node:child_process";

/** Addresses of the bench's own network, which is a node's in little. */
export const serverAddress = "10.77.0.2";
export const serviceNetwork = "10.96.0.0/16";
export const port = 9000;

/** Makes two network namespaces on links of their own, as pods are, and the services' network on lo; disposal removes all. */
export function makeNetwork(): Disposable {
  const ip = (words: string): void => {
    execFileSync("ip", words.split(" "), { stdio: ["ignore", "ignore", "pipe"] });
  };
  execFileSync("sh", ["-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"]);
  ip("link set lo up");
  ip(`address add ${serviceNetwork} dev lo`);
  ip("address add 10.77.0.1/32 dev lo");
  for (const [name, number] of [
    ["server", 2],
    ["client", 3],
  ] as const) {
    const address = `10.77.0.${String(number)}`;
    ip(`netns add bench-${name}`);
    ip(`link add bench-${name} type veth peer name b${name}`);
    ip(`address add 10.77.0.1/32 dev bench-${name}`);
    ip(`link set bench-${name} up`);
    ip(`link set b${name} netns bench-${name}`);
    const inside = `netns exec bench-${name} ip`;
    ip(`${inside} link set lo up`);
    ip(`${inside} address add ${address}/32 dev b${name}`);
    ip(`${inside} link set b${name} up`);
    ip(`${inside} route add 10.77.0.1/32 dev b${name}`);
    ip(`${inside} route add default via 10.77.0.1 dev b${name}`);
    ip(`route add ${address}/32 dev bench-${name}`);
  }
  return {
    [Symbol.dispose]: () => {
      for (const words of [
        "link delete bench-server",
        "link delete bench-client",
        "netns delete bench-server",
        "netns delete bench-client",
        `address delete ${serviceNetwork} dev lo`,
        "address delete 10.77.0.1/32 dev lo",
      ]) {
        ip(words);
      }
    },
  };
}
