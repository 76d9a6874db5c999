/** What Kubernetes wants, by the id of the blocker that stands in its way. */
export const wants: Readonly<Record<string, string>> = {
  "not-root": "The kubelet, containerd and runc mount, make namespaces and change users, and so run as root.",
  "capabilities-missing":
    "A node needs SYS_ADMIN for mounts and namespaces. containerd gives every container fourteen capabilities by default, and nobody can give what he has not.",
  "tools-missing":
    "The kubelet calls `mount` and `umount` for volumes; `unshare` and `sh` make the mount namespace that a node of sandkube lives in.",
  "no-mount-namespace": "runc gives every container a mount namespace and changes its root in it.",
  "no-mount":
    "The kubelet mounts a tmpfs for secrets, tokens and memory-backed volumes; runc mounts the root of every container.",
  "no-network-namespace": "containerd makes a network namespace for every pod that is not on the host's network.",
  "net-admin-missing": "A CNI plugin gives the node and its pods links, addresses, routes and rules.",
  "no-machine-address":
    "The kubelet refuses a loopback address for its node, and the API server refuses one in an EndpointSlice.",
  "no-pod-links": "A pod's network namespace hangs on a bridge of the node by a pair of veth links.",
  "no-pid-namespace-join":
    "`kubectl exec`, exec probes and lifecycle hooks end in `runc exec`, which enters all namespaces of the container with setns(2).",
  "link-info-missing":
    "The stock CNI plugin `bridge` makes a bridge and asks rtnetlink (IFLA_LINKINFO) whether it is one.",
  "rootfs-unknown-to-cadvisor":
    "The kubelet asks cAdvisor for the size of the filesystem that its root directory lies on, and ends where cAdvisor has no plugin for that type. 9p has none.",
  "no-overlayfs-on-state-filesystem":
    "containerd's default snapshotter lays each container's root over its image with overlayfs, whose upper directory lies below containerd's root.",
  "low-disk": "The datastore and the logs need room.",
  "kernel-tunables-missing":
    "The kubelet reads six files under /proc/sys (vm/overcommit_memory, vm/panic_on_oom, kernel/panic, kernel/panic_on_oops, kernel/keys/root_maxkeys, kernel/keys/root_maxbytes) as it starts, and ends where one is absent, with --protect-kernel-defaults or without.",
  "kernel-tunables-unwritable":
    "Where one of these files has another value than the kubelet wants it writes it, and ends where it may not.",
  "overcommit-memory-unwritable": "The kubelet sets vm.overcommit_memory to 1.",
  "no-kmsg": "The kubelet opens /dev/kmsg to hear of OOM kills, and ends without it.",
  "keyring-missing":
    "runc joins a session keyring for every container, and puts up with ENOSYS but with no other error.",
  "oom-score-refused":
    "containerd gives the sandbox of a pod the oom_score_adj -998; runc ends where it cannot write it.",
  "cgroup-missing":
    "The kubelet and runc want cgroups: version 2 at /sys/fs/cgroup, or the version 1 controllers cpu, cpuacct, cpuset and memory.",
  "cgroup-read-only": "runc makes a cgroup for every container in each mounted hierarchy.",
  "cgroup-v1-only": "Since 1.35 the kubelet refuses to start on version 1 unless failCgroupV1 is false.",
  "cgroup-statistics-missing":
    "The kubelet asks cAdvisor for the root cgroup's statistics; cAdvisor keeps none where cpuacct.usage_percpu cannot be read, and then has no data on the root filesystem either.",
  "cgroup-without-limits":
    "With cgroupsPerQOS the kubelet makes a cgroup for each quality-of-service class and pod, and writes shares, quotas and limits into it.",
  "cgroup-without-freezer": "runc pauses containers by the freezer.",
  "cgroup-without-oom-control":
    "containerd's shim learns from memory.oom_control that a container was killed for its memory.",
  "resource-metrics-missing":
    "metrics-server asks the kubelet's /metrics/resource, which has no figure of anything where cAdvisor has none of the root cgroup; containerd needs cpuacct.usage_percpu and memory.stat for those of containers.",
  "no-cgroup-namespace": "containerd gives containers a cgroup namespace on version 2.",
  "unprivileged-sysctls-missing":
    "containerd sets net.ipv4.ip_unprivileged_port_start and net.ipv4.ping_group_range in every pod's network namespace, and wants a kernel that calls itself 4.11 or newer for them.",
  "network-tunables-missing":
    "kube-proxy sets net/ipv4/conf/all/route_localnet for node ports on loopback and looks at the limits of connection tracking.",
  "cni-plugins-missing":
    "A node is Ready only when the runtime has a CNI plugin. k3s asks for the plugin `host-local` even where no node runs.",
  "iptables-missing": "kube-proxy and the stock CNI plugins call `iptables` and end without it.",
  "iptables-nft-only":
    "Images of CNI plugins and of kube-proxy may bring an iptables-legacy of their own, whose rules nothing here would see.",
  "iptables-legacy-only": "`iptables` of today's distributions is the nft variant, which needs nftables of the kernel.",
  "no-masquerade": "Packets of pods leave the machine under its own address, which the MASQUERADE target does.",
  "no-way-out": "Pods reach the outside through the machine's default route, with IPv4 forwarding on.",
  "no-forwarding": "A node passes packets on between the links of its pods, which net.ipv4.ip_forward allows.",
  "forward-policy": "The firewall's FORWARD chain lets packets between pods, and from pods to the outside, pass.",
  "egress-through-proxy":
    "containerd pulls images through the proxy in its environment, and trusts the authorities in SSL_CERT_FILE and NODE_EXTRA_CA_CERTS; a pod inherits neither.",
  "no-resolver":
    "CoreDNS passes names outside the cluster on to the name servers of the machine's /etc/resolv.conf, as kubeadm sets it up.",
  "kube-proxy-rules-missing":
    "kube-proxy writes rules with MASQUERADE, MARK, comment, conntrack, statistic, addrtype and DNAT.",
  "swap-on": "The kubelet refuses a machine with swap unless failSwapOn is false.",
  "low-memory": "A node with the control plane takes about 1 GiB before the first pod.",
  "low-open-files": "The API server alone holds some hundred files and sockets.",
  "low-process-limit": "An empty cluster has some 150 threads, and each pod adds about 30.",
  "clock-wrong": "Certificates are valid from and until a time, leases run out, and elections compare clocks.",
};

/** What the experiments that came before sandkube found (k3s in gVisor, numbered 01 to 13), by the id of a blocker or a remedy. */
export const history: Readonly<Record<string, string>> = {
  "rootfs-unknown-to-cadvisor":
    "Experiments 09 to 12. LD_PRELOAD cannot reach a static Go binary (09); cgroup files bound over /sys/fs/cgroup from 9p (10) and from a tmpfs (11) change nothing, because it is the root filesystem that is asked for; experiment 12 found the kubelet's flag --local-storage-capacity-isolation=false, and the error was gone.",
  "local-storage-accounting-off": "The discovery of experiment 12, as a field of KubeletConfiguration.",
  "cgroup-statistics-missing":
    'Not told apart from the rootfs check by the experiments: both end in "unable to find data in memory cache".',
  "kernel-tunables-missing":
    'Met in experiment 12 ("open /proc/sys/vm/panic_on_oom: no such file or directory"), after experiment 04 had redirected such paths by ptrace. Experiment 13 redirected everything under /proc/sys by pattern, and the API server\'s post-start hooks then timed out.',
  "overcommit-memory-unwritable": "Hidden in experiments 04 and 13 by the redirected files.",
  "proc-sys-supplement":
    "In the place of the ptrace interceptor of experiments 04 and 13: a mount costs nothing per system call.",
  "proc-sys-redirector":
    "What the ptrace interceptor of experiments 04 and 13 was for, without its stop at every system call: there the API server's post-start hooks timed out.",
  "network-tunables-missing":
    "Experiment 13 added six files of /proc/sys/net to its redirection for kube-proxy (route_localnet among them), which then started for the first time.",
  "iptables-legacy-only":
    'Experiment 13: "iptables-nft requires netfilter protocol not supported by gVisor"; a link to iptables-legacy let kube-proxy start.',
  "other-iptables": "Experiment 13 chose iptables-legacy by a symbolic link.",
  "kube-proxy-rules-missing":
    "Experiment 13 saw kube-proxy start with iptables-legacy. Measured since: it cannot set its rules, for want of comment, conntrack, statistic and MASQUERADE.",
  "cni-plugins-missing":
    "Experiment 05 put a fake `host-local` on the PATH, so that k3s would start its control plane.",
  "cgroup-missing":
    "Experiments 10 and 11 made cgroup files by hand, on 9p and on a tmpfs, and bound them over the real paths.",
  "cgroup-v1-mounts": "A real mount in the place of the files that experiments 10 and 11 made by hand.",
  "no-mount-namespace":
    "Experiment 11 found that bind mounts work in gVisor; a private namespace for them was not tried.",
  "cgroups-per-pod-off":
    "Experiments 12 and 13 ran with --cgroups-per-qos=false and --enforce-node-allocatable= throughout.",
};
