#!/bin/sh
# What the kubelet says in gVisor before it ends, with one remedy of sandkube's left out at a time: the experiment, then the words.
# Needs root and a built sandkube; SANDKUBE is how it is called.
#
#   kubelet-refusals.sh [20260701 | 20240729 | a runsc] [EXPERIMENT...]
set -eu
gvisor=${1:-20260701}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- without-allow-cgroup-v1 without-empty-kernel-log without-proc-sys-supplement without-local-storage-accounting-off
# shellcheck disable=SC2086
${SANDKUBE:-npx sandkube} lab "$@" --gvisor "$gvisor" 2>/dev/null |
  sed -nE 's/^### (without-[a-z0-9-]+): .*/\1/p; s/^- ended: `kubelet exited with code 1: [^]]*\] (.*)`$/  \1/p'
