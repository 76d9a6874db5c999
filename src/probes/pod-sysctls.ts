import * as z from "zod";
import { exhibit, type FactProbe, inconclusive, measured } from "./fact-probe.ts";
import { parseTrials, trialSchema } from "./trial.ts";

const schema = z.object({
  /** net.ipv4.ip_unprivileged_port_start = 0, as containerd sets it in each pod. */
  unprivilegedPorts: trialSchema,
  /** net.ipv4.ping_group_range = 0 2147483647, likewise. */
  unprivilegedIcmp: trialSchema,
});

/** No process but the shell; the settings belong to the throw-away network namespace. */
const script = `
set_sysctl() {
  if [ ! -e "$2" ]; then printf '%s\\t1\\tabsent\\n' "$1"
  elif { echo "$3" > "$2"; } 2>/dev/null; then printf '%s\\t0\\t\\n' "$1"
  else printf '%s\\t1\\tnot writable\\n' "$1"; fi
}
set_sysctl ports /proc/sys/net/ipv4/ip_unprivileged_port_start 0
set_sysctl icmp /proc/sys/net/ipv4/ping_group_range '0 2147483647'
`;

/** The settings that containerd makes in the network namespace of each pod. */
export const podSysctls: FactProbe<z.infer<typeof schema>> = {
  id: "pod-sysctls",
  title: "Settings that containerd makes in each pod, really tried",
  schema,
  async measure(host, signal) {
    const before = await Promise.all(paths.map((path) => host.files.readTextIfPresent(`/proc/sys/net/ipv4/${path}`)));
    if (before.every((text) => text === undefined)) {
      const absent = { ok: false, message: "absent" };
      return measured({ unprivilegedPorts: absent, unprivilegedIcmp: absent }, [
        exhibit("/proc/sys/net/ipv4", `without ${paths.join(" and ")}`),
      ]);
    }
    const argv = ["unshare", "--net", "sh", "-c", script] as const;
    const { stdout, stderr } = await host.commands.run(argv, { signal, acceptedExitCodes: "any" });
    const exhibits = [exhibit("unshare --net sh -c ...", stdout + stderr)];
    const trials = parseTrials(stdout);
    const [ports, icmp] = [trials.get("ports"), trials.get("icmp")];
    if (ports === undefined || icmp === undefined) {
      return inconclusive(stderr.trim().split("\n")[0] ?? "the trial ended early", exhibits);
    }
    return measured({ unprivilegedPorts: ports, unprivilegedIcmp: icmp }, exhibits);
  },
};

const paths = ["ip_unprivileged_port_start", "ping_group_range"] as const;
