import * as z from "zod";
import { exhibit, type FactProbe, measured } from "./fact-probe.ts";
import { separateNetwork, type Trial, trialSchema } from "./trial.ts";

const schema = z.object({
  /** A network namespace of one's own. */
  namespace: trialSchema,
  /** A veth pair with one end in another namespace, as each pod has it. */
  veth: trialSchema,
  /** Which our own CNI plugin does without and the stock ones do not. */
  bridge: trialSchema,
  /** Whether rtnetlink says what kind a link is (IFLA_LINKINFO), which the stock CNI plugins ask. */
  linkInfo: trialSchema,
});

/** In one process, since starting one is not free; `ip` names the lines that failed. */
const batch = [
  "link add sandkube0 type bridge",
  // By its file: gVisor does not know a namespace by a process's number.
  "link add sandkube1 type veth peer name sandkube2 netns /proc/$$/ns/net",
  "link show dev sandkube0",
];

const script = `${separateNetwork}
echo separate
unshare --net ip -details -force -batch - <<END 2>&1
${batch.join("\n")}
END
`;

/** Which links are permitted, really tried in network namespaces of their own. */
export const networkTrials: FactProbe<z.infer<typeof schema>> = {
  id: "network-trials",
  title: "Links, really tried in a network namespace of their own",
  schema,
  async measure(host, signal) {
    const argv = ["unshare", "--net", "sh", "-c", script] as const;
    const { stdout, stderr } = await host.commands.run(argv, { signal, acceptedExitCodes: "any" });
    const exhibits = [exhibit(`unshare --net sh -c "ip -batch" (${batch.join("; ")})`, stdout + stderr)];
    if (!stdout.startsWith("separate")) {
      const namespace = { ok: false, message: firstLine(stderr) };
      const none = { ok: false, message: `not tried: ${namespace.message}` };
      return measured({ namespace, bridge: none, veth: none, linkInfo: none }, exhibits);
    }
    const output = stdout.slice("separate\n".length) + stderr;
    const trials = batch.map((_, index) => trialOf(output, index + 1));
    const [bridge = early(output), veth = early(output)] = trials;
    return measured({ namespace: { ok: true, message: "" }, bridge, veth, linkInfo: linkInfoOf(output) }, exhibits);
  },
};

/** A failed line of a batch is followed by "Command failed -:LINE". */
function trialOf(output: string, line: number): Trial {
  // Where `ip` does not know a command it ends, and nothing was shown.
  if (!output.includes("sandkube0")) return early(output);
  const lines = output.split("\n");
  const at = lines.indexOf(`Command failed -:${String(line)}`);
  return at < 0 ? { ok: true, message: "" } : { ok: false, message: lines[at - 1] ?? "" };
}

function early(output: string): Trial {
  return { ok: false, message: firstLine(output) };
}

function linkInfoOf(output: string): Trial {
  // Only a bridge has these details.
  if (output.includes("forward_delay")) return { ok: true, message: "" };
  return { ok: false, message: "`ip -details link` shows no kind of link" };
}

function firstLine(text: string): string {
  return text.trim().split("\n")[0] ?? "";
}
