import type { TestMachine } from "./machine.ts";

/**
 * Everything on a machine that a cluster could leave behind, as sorted lines by
 * kind. Kernel threads and the look itself are left out.
 */
export async function tracesOn(machine: TestMachine): Promise<Readonly<Record<string, readonly string[]>>> {
  const { stdout } = await machine.shell(script);
  const traces: Record<string, string[]> = {};
  let section: string[] = [];
  for (const line of stdout.split("\n")) {
    const title = /^== (.+)$/.exec(line)?.[1];
    if (title !== undefined) section = traces[title] = [];
    else if (line !== "") section.push(line);
  }
  for (const lines of Object.values(traces)) lines.sort();
  return traces;
}

const script = `
echo "== mounts"; awk '{print $5}' /proc/self/mountinfo
echo "== links"; ls /sys/class/net
echo "== addresses"; ip -4 -o address show | awk '{print $2, $4}'
echo "== namespaces"; ls /var/run/netns 2>/dev/null
echo "== rules"; (iptables-legacy-save 2>/dev/null; iptables-save 2>/dev/null) | grep -E '^-' | grep -v e2e-
echo "== forwarding"; cat /proc/sys/net/ipv4/ip_forward
echo "== cgroups"; find /sys/fs/cgroup -type d 2>/dev/null | grep -i sandkube | grep -v sandkube-e2e
echo "== processes"
for environ in /proc/[0-9]*/environ; do
  if tr '\\0' '\\n' < "$environ" 2>/dev/null | grep -q '^SANDKUBE_CLUSTER='; then echo "$environ"; fi
done
echo "== files"; find /var/lib/sandkube/clusters /run/containerd /var/lib/kubelet /etc/cni /var/lib/cni /opt/cni /run/netns /tmp -mindepth 1 -maxdepth 2 2>/dev/null | grep -E 'sandkube|containerd|kubelet|cni' | grep -vE 'sandkube/sandboxes|/tmp/sandkube-e2e'
`;
