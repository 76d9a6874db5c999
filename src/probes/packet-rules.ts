import * as z from "zod";
import { exhibit, type FactProbe, inconclusive, measured } from "./fact-probe.ts";
import { parseTrials, trialSchema, separateNetwork, tryFunction } from "./trial.ts";

/** Rules that are tried, by the name of what each of them needs. */
const rules = {
  nat: "-t nat -S",
  masquerade: "-t nat -A POSTROUTING -s 10.0.0.0/8 -o lo -j MASQUERADE",
  // With a protocol: gVisor takes SNAT for tcp and udp only.
  snat: "-t nat -A POSTROUTING -s 10.0.0.0/8 -o lo -p tcp -j SNAT --to-source 10.1.1.1",
  dnat: "-t nat -A PREROUTING -p tcp --dport 80 -j DNAT --to-destination 10.1.1.1:80",
  redirect: "-t nat -A OUTPUT -p tcp --dport 80 -j REDIRECT --to-ports 8080",
  mark: "-t nat -A POSTROUTING -j MARK --or-mark 0x4000",
  comment: "-t filter -A FORWARD -m comment --comment x -j ACCEPT",
  conntrack: "-t filter -A FORWARD -m conntrack --ctstate NEW -j ACCEPT",
  statistic: "-t nat -A PREROUTING -m statistic --mode random --probability 0.5 -j RETURN",
  addrtype: "-t nat -A PREROUTING -m addrtype --dst-type LOCAL -j RETURN",
} as const;

/** What a rule may need: a table, a target or a match. */
export type RuleFeature = keyof typeof rules;

const features = Object.keys(rules) as RuleFeature[];

const schema = z.object({
  variants: z.array(
    z.object({
      /** The absolute path of the program. */
      path: z.string(),
      /** The name it was found by. */
      name: z.string(),
      version: z.string(),
      rules: z.record(z.enum(features as [RuleFeature, ...RuleFeature[]]), trialSchema),
    }),
  ),
});

/** One way to set packet rules. */
export type PacketRules = z.infer<typeof schema>["variants"][number];

/**
 * Each variant once: `iptables` is a link to one of the others as a rule, and its version says to which.
 * Where the kernel has no nftables, asking for the version fails already.
 */
const script = `${tryFunction}${separateNetwork}seen=
for name in iptables iptables-legacy iptables-nft; do
  path=$(command -v $name) || continue
  case "$name $seen" in "iptables-nft "*nft*|"iptables-nft "*nf_tables*) continue ;; esac
  version=$("$path" -V 2>&1); code=$?
  case $seen in *"[$version]"*) continue ;; esac
  seen="$seen[$version]"
  printf 'variant\\t%s\\t%s\\t%s\\n' "$name" "$path" "$version"
  [ $code = 0 ] || continue
  try nat "$path" ${rules.nat} || continue
${features
  .slice(1)
  .map((feature) => `  try ${feature} "$path" ${rules[feature]}`)
  .join("\n")}
done
`;

/** Which iptables work and what they can say, really tried in a network namespace of its own. */
export const packetRules: FactProbe<z.infer<typeof schema>> = {
  id: "packet-rules",
  title: "iptables rules, really tried in a network namespace of their own",
  schema,
  async measure(host, signal) {
    const argv = ["unshare", "--net", "sh", "-c", script] as const;
    const { stdout, stderr, exitCode } = await host.commands.run(argv, { signal, acceptedExitCodes: "any" });
    const exhibits = [exhibit("unshare --net sh -c (one iptables rule after another)", stdout + stderr)];
    const variants = parse(stdout);
    if (variants.length === 0 && exitCode !== 0) {
      return inconclusive(stderr.trim().split("\n")[0] ?? "the trial failed", exhibits);
    }
    return measured({ variants }, exhibits);
  },
};

function parse(output: string): PacketRules[] {
  return output
    .split(/^variant\t/m)
    .slice(1)
    .map((section) => {
      const [name = "", path = "", version = ""] = (section.split("\n")[0] ?? "").split("\t");
      const trials = parseTrials(section.slice(section.indexOf("\n") + 1));
      const failed = trials.get("nat");
      const notTried = { ok: false, message: failed === undefined ? version : `not tried: ${failed.message}` };
      return {
        path,
        name,
        version,
        rules: Object.fromEntries(features.map((id) => [id, trials.get(id) ?? notTried])) as PacketRules["rules"],
      };
    });
}
