#!/bin/sh
# Asks cAdvisor for the root filesystem in gVisor: on 9p and on overlay, with the cgroups that the kubelet wants and with fewer.
# Needs root and Go. RUNSC_FLAGS are for runsc, such as --platform=ptrace for an old one on a new machine.
#
#   cadvisor-9p.sh RUNSC                    cAdvisor as go/kubernetes/go.mod pins it
#   cadvisor-9p.sh RUNSC /path/of/cadvisor  another source tree of it
set -eu
here=$(cd "$(dirname "$0")" && pwd)
runsc=$(command -v "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/root"
cp "$here/root-filesystem.go" "$here/../../../go/kubernetes/go.mod" "$here/../../../go/kubernetes/go.sum" "$work"
cd "$work"
[ $# -eq 1 ] || go mod edit -replace "github.com/google/cadvisor=$2"
CGO_ENABLED=0 GOWORK=off go build -trimpath -o root/root-filesystem root-filesystem.go

# ask NAME OVERLAY CONTROLLER...; of what cAdvisor logs, the line that matters
ask() {
  echo "== $1"
  overlay=$2
  shift 2
  # shellcheck disable=SC2086
  "$runsc" ${RUNSC_FLAGS:-} --network=none --ignore-cgroups do --root="$work/root" --force-overlay="$overlay" /root-filesystem "$@" 2>&1 |
    grep -oE 'open .*usage_percpu.*file or directory|^failed.*|^rootfs.*' | sort -u
}
ask "9p, the kubelet's cgroups" false cpu cpuacct cpuset memory
ask "overlay, the kubelet's cgroups" true cpu cpuacct cpuset memory
ask "9p, without cpuacct" false cpu memory
ask "overlay, without cpuacct" true cpu memory
