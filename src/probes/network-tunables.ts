import * as z from "zod";
import { exhibit, type FactProbe, measured } from "./fact-probe.ts";
import { describeTunable, measureTunable, tunableSchema } from "./kernel-tunables.ts";

/**
 * Files under /proc/sys/net that kube-proxy and bridge networks read or set.
 * https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/proxy/iptables/proxier.go#L89
 */
const paths = [
  "net/ipv4/conf/all/route_localnet",
  "net/bridge/bridge-nf-call-iptables",
  "net/netfilter/nf_conntrack_max",
] as const;

const schema = z.object({
  /** By path under /proc/sys. */
  files: z.record(z.string(), tunableSchema),
});

/** The network settings that kube-proxy looks for, by path under /proc/sys. */
export const networkTunables: FactProbe<z.infer<typeof schema>> = {
  id: "network-tunables",
  title: "Network settings that kube-proxy looks for",
  schema,
  async measure({ files }) {
    const found = await Promise.all(paths.map(async (path) => [path, await measureTunable(files, path)] as const));
    return measured(
      { files: Object.fromEntries(found) },
      found.map(([path, tunable]) => exhibit(`/proc/sys/${path}`, describeTunable(tunable))),
    );
  },
};
