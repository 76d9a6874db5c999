#!/bin/sh
# What parts of Kubernetes want of a kernel, and whether the one that this runs on gives it: a line each, "name<tab>answer".
# Needs root, perl, iproute2, iptables and util-linux on x86-64. In a gVisor sandbox of its own:
#
#   runsc --network=none --net-raw --ignore-cgroups do sh what-the-kernel-gives.sh
PATH=$PATH:/usr/sbin:/sbin

# try NAME COMMAND...
try() {
  name=$1
  shift
  if "$@" >/dev/null 2>&1; then printf '%s\tyes\n' "$name"; else printf '%s\tno\n' "$name"; fi
}

# setting FILE VALUE: whether the file is there and takes the value that Kubernetes gives it
setting() {
  if [ ! -e "/proc/sys/$1" ]; then
    printf '%s\tmissing\n' "$1"
    return
  fi
  before=$(cat "/proc/sys/$1")
  if (echo "$2" >"/proc/sys/$1") 2>/dev/null; then printf '%s\tyes\n' "$1"; else printf '%s\tnot writable\n' "$1"; fi
  (echo "$before" >"/proc/sys/$1") 2>/dev/null
}

# call NAME ARGUMENTS: a system call of x86-64, in Perl
call() {
  try "$1" perl -e "my (\$number, @arguments) = ($2); exit(syscall(\$number, @arguments) == -1)"
}

# filter NAME FLAGS ACTION THEN: a seccomp filter that answers getppid(2), which is 110, with an action
filter() {
  try "$1" perl -e '
    my $code = join "", map pack("SCCL", @$_), [0x20, 0, 0, 0], [0x15, 0, 1, 110], [6, 0, 0, '"$3"'], [6, 0, 0, 0x7fff0000];
    syscall(157, 38, 1, 0, 0, 0);
    exit 1 if syscall(317, 1, '"$2"', pack("S x6 P", 4, $code)) == -1;
    '"$4"
}

# rule NAME ARGUMENT...: appends to the table nat
rule() {
  name=$1
  shift
  try "$name" iptables-legacy -w -t nat -A "$@"
}

links() {
  try "link bridge" ip link add br0 type bridge
  try "link veth" ip link add veth0 type veth peer name veth1
  try "link dummy" ip link add dummy0 type dummy
  try "link vxlan" ip link add vxlan0 type vxlan id 1 dstport 4789
  try "link macvlan" ip link add link veth0 name macvlan0 type macvlan
  for link in lo br0 veth0 veth1; do ip link set "$link" up; done
  try IFLA_LINKINFO sh -c 'ip -details link show br0 | grep -qw bridge'
  try IFLA_OPERSTATE sh -c 'ip link show veth0 | grep -q "state UP"'
  ip address add 10.9.0.1/24 dev veth0
  try "route with a source" ip route add 10.7.0.0/16 dev veth0 src 10.9.0.1
  try "route without a device" bash -c 'ip route add 10.8.0.0/16 via 10.9.0.2 && exec 3>/dev/udp/10.8.0.1/9'
  ip link delete macvlan0
  ip link set veth0 master br0
  try IFLA_PROTINFO bridge link set dev veth0 hairpin off
}

filters() {
  try nftables iptables-nft -S
  try iptables-legacy iptables-legacy -t nat -S
  rule "-j SNAT" POSTROUTING -p tcp -j SNAT --to-source 10.9.0.1
  rule "-j DNAT" PREROUTING -p tcp --dport 80 -j DNAT --to-destination 10.9.0.1:80
  rule "-j REDIRECT" PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 8080
  rule "-j MASQUERADE" POSTROUTING -j MASQUERADE
  rule "-j MARK" PREROUTING -j MARK --or-mark 0x4000
  try "-j REJECT" iptables-legacy -w -A FORWARD -p tcp -j REJECT
  try "a chain of one's own" sh -c 'iptables-legacy -w -t nat -N OWN && iptables-legacy -w -t nat -A PREROUTING -j OWN'
  rule "-m comment" PREROUTING -m comment --comment why -j RETURN
  rule "-m conntrack" PREROUTING -m conntrack --ctstate NEW -j RETURN
  rule "-m statistic" PREROUTING -m statistic --mode random --probability 0.5 -j RETURN
  rule "-m addrtype" PREROUTING -m addrtype --dst-type LOCAL -j RETURN
  rule "-m mark" PREROUTING -m mark --mark 0x4000/0x4000 -j RETURN
  try "a table above 32 KiB" sh -c '{ echo "*nat"; for port in $(seq 400); do
    echo "-A PREROUTING -p tcp --dport $port -j REDIRECT --to-ports 8080"; done; echo COMMIT; } | iptables-legacy-restore'
}

overlay() {
  mkdir -p "$1/lower" "$1/upper" "$1/work" "$1/merged" &&
    mount -t overlay -o "lowerdir=$1/lower,upperdir=$1/upper,workdir=$1/work" none "$1/merged"
}

mounts() {
  memory=$(mktemp -d)
  mount -t tmpfs none "$memory"
  mkdir "$memory/empty" "$memory/target"
  try "bind mount" mount --bind "$memory/empty" "$memory/target"
  try "tmpfs nr_blocks" mount -t tmpfs -o nr_blocks=1,nr_inodes=1 none "$memory/target"
  try "mount over /proc/sys" sh -c "mount --bind $memory/empty /proc/sys && umount /proc/sys"
  try "overlay on tmpfs" overlay "$memory/overlay"
  disk=$(mktemp -d -p /var/tmp)
  try "overlay on the root filesystem" overlay "$disk"
  umount "$disk/merged" 2>/dev/null
  rm -rf "$disk"
  for controller in cpu cpuacct cpuset memory pids devices freezer; do
    mkdir -p "$memory/cgroup/$controller"
    try "cgroup $controller" mount -t cgroup -o "$controller" none "$memory/cgroup/$controller"
    mkdir -p "$memory/cgroup/$controller/tried"
  done
  for file in cpu/cpu.shares cpu/cpu.cfs_quota_us cpu/cpu.stat cpuacct/cpuacct.usage cpuacct/cpuacct.usage_percpu \
    memory/memory.limit_in_bytes memory/memory.stat memory/memory.oom_control; do
    try "${file#*/}" test -e "$memory/cgroup/${file%%/*}/tried/${file#*/}"
  done
  rmdir "$memory"/cgroup/*/tried
  mkdir "$memory/cgroup2"
  try cgroup2 mount -t cgroup2 none "$memory/cgroup2"
  umount "$memory"/cgroup/* "$memory/cgroup2" "$memory/overlay/merged" "$memory/target" "$memory/target" "$memory" 2>/dev/null
}

private_mounts() {
  place=$(mktemp -d)
  unshare --mount --propagation unchanged sh -c "mount -t tmpfs none $place && touch $place/inside" && [ ! -e "$place/inside" ]
}

join_pid_namespace() {
  unshare --pid --fork --kill-child sleep 10 &
  parent=$!
  child=''
  until [ -n "$child" ]; do child=$(grep -l "^PPid:.$parent\$" /proc/[0-9]*/status 2>/dev/null); done
  nsenter --pid="${child%/status}/ns/pid" true
  joined=$?
  kill -9 "$parent" "$(basename "${child%/status}")"
  return $joined
}

case $1 in
  links | filters | mounts)
    "$1" 2>/dev/null
    exit
    ;;
esac

setting vm/overcommit_memory 1
setting vm/panic_on_oom 0
setting kernel/panic 10
setting kernel/panic_on_oops 1
setting kernel/keys/root_maxkeys 1000000
setting kernel/keys/root_maxbytes 25000000
setting kernel/shm_rmid_forced 0
try kernel/osrelease test -e /proc/sys/kernel/osrelease
setting net/ipv4/ip_forward 1
setting net/ipv4/ip_unprivileged_port_start 0
setting net/ipv4/ping_group_range "0 2147483647"
setting net/ipv4/conf/all/route_localnet 1
setting net/netfilter/nf_conntrack_max 131072
try "procfs root inode 1" sh -c '[ "$(stat -c %i /proc)" = 1 ]'
try /dev/kmsg test -r /dev/kmsg
unshare --net sh "$0" links
unshare --net sh "$0" filters
try "private mounts" private_mounts
try "MS_PRIVATE on /" unshare --mount true
unshare --mount --propagation unchanged sh "$0" mounts
try "cgroup namespace" test -e /proc/self/ns/cgroup
try "entering a pid namespace" join_pid_namespace
call "session keyring" '250, 1, "tried"'
call ptrace '101, 0, 0, 0, 0'
filter "seccomp RET_ERRNO" 0 0x50001 'exit(syscall(110) != -1)'
filter "seccomp RET_TRACE" 0 0x7ff00000 'exit(syscall(110) != -1)'
filter "seccomp RET_USER_NOTIF" 8 0x7fc00000 'exit 0'
call openat2 '437, -100, "/", pack("Q3", 0, 0, 0), 24'
