import * as z from "zod";
import { exhibit, type FactProbe, inconclusive, measured } from "./fact-probe.ts";

const schema = z.array(
  z.object({
    /** The absolute path of the program that shows it. */
    path: z.string(),
    /** The policy of its chain FORWARD, such as ACCEPT. */
    policy: z.string(),
  }),
);

/**
 * Asked of the machine's own network and changing nothing. A name that is a link
 * to a variant seen already is left out; a variant that does not run has no rules.
 */
const script = `
seen=
for name in iptables iptables-legacy iptables-nft; do
  path=$(command -v $name) || continue
  version=$("$path" -V 2>/dev/null) || continue
  case $seen in *"[$version]"*) continue ;; esac
  seen="$seen[$version]"
  "$path" -w -S FORWARD 2>/dev/null | while read -r flag chain policy; do
    if [ "$flag" = -P ]; then echo "$path $policy"; fi
  done
done
`;

/** What becomes of packets that the machine passes on and no rule speaks of, by each variant of iptables. */
export const forwardPolicies: FactProbe<z.infer<typeof schema>> = {
  id: "forward-policies",
  title: "What iptables does with packets that are passed on",
  schema,
  async measure(host, signal) {
    const { stdout, stderr, exitCode } = await host.commands.run(["sh", "-c", script], {
      signal,
      acceptedExitCodes: "any",
    });
    const exhibits = [exhibit("iptables -S FORWARD, each variant", stdout + stderr)];
    if (exitCode !== 0) return inconclusive(stderr.trim().split("\n")[0] ?? "the look failed", exhibits);
    const lines = stdout.split("\n").filter((line) => line !== "");
    return measured(
      lines.map((line) => {
        const [path = "", policy = ""] = line.split(" ");
        return { path, policy };
      }),
      exhibits,
    );
  },
};
