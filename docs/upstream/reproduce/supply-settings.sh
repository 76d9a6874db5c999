#!/bin/sh
# Supplies, in the mount namespace that it runs in, what the kubelet reads and gVisor lacks, and becomes the program given.
# (An empty /dev/kmsg shows outside too.) Run the kubelet and the container runtime in that one namespace:
#
#   unshare --mount --propagation unchanged sh supply-settings.sh COMMAND...
set -eu
supply=$(mktemp -d)
mount -t tmpfs none "$supply"
cp -r /proc/sys/vm /proc/sys/kernel "$supply"
mkdir -p "$supply/kernel/keys"
echo 1 >"$supply/vm/overcommit_memory"
echo 0 >"$supply/vm/panic_on_oom"
echo 10 >"$supply/kernel/panic"
echo 1 >"$supply/kernel/panic_on_oops"
echo 1000000 >"$supply/kernel/keys/root_maxkeys"
echo 25000000 >"$supply/kernel/keys/root_maxbytes"
mount --bind "$supply/vm" /proc/sys/vm
mount --bind "$supply/kernel" /proc/sys/kernel
[ -e /dev/kmsg ] || : >/dev/kmsg
exec "$@"
