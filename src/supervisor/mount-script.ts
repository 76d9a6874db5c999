import type { NodeMount } from "../contract/cluster-spec.ts";

/**
 * Writes the shell script that makes a node's mounts. It runs once, inside the
 * node's new mount namespace, before the supervisor: one process in place of a
 * dozen, since starting one costs 20 ms or more in gVisor.
 *
 * @param mounts in the order in which they are made
 * @param scratch a directory for the script's own mount points
 */
export function mountScript(mounts: readonly NodeMount[], scratch: string): string {
  const lines = [
    "set -eu",
    ...mounts.flatMap((mount, index) => linesOf(mount, `${scratch}/live-${String(index)}`)),
    // hostPath volumes with Bidirectional propagation ask for a shared mount; where the kernel has none, only they fail.
    // Last, because what covers a directory would otherwise cover its live copy as well: they would be peers.
    "mount --make-rshared / 2>/dev/null || true",
  ];
  return lines.join("\n");
}

function linesOf(mount: NodeMount, live: string): string[] {
  const target = quote(mount.target);
  switch (mount.kind) {
    case "tmpfs": {
      const size = mount.sizeBytes === undefined ? "" : `,size=${String(mount.sizeBytes)}`;
      return [`mkdir -p ${target}`, `mount -t tmpfs -o mode=755${size} sandkube ${target}`];
    }
    case "bind":
      return [`mount --bind ${quote(mount.source)} ${target}`];
    case "cgroup-v1":
      return [`mkdir -p ${target}`, `mount -t cgroup -o ${quote(mount.controllers)} cgroup ${target}`];
    case "supplement": {
      const names = Object.keys(mount.files);
      const supplied = names.map((name) => quote(name)).join("|");
      return [
        `mkdir -p ${quote(live)}`,
        // With what is mounted in it: /dev holds /dev/pts and /dev/shm.
        `mount --rbind ${target} ${quote(live)}`,
        `mount -t tmpfs -o mode=755 sandkube ${target}`,
        // What was there stays there, live; only the supplied names are ours.
        `for entry in ${quote(live)}/*; do`,
        `  name=\${entry##*/}`,
        ...(names.length === 0 ? [] : [`  case $name in ${supplied}) continue ;; esac`]),
        `  if [ -L "$entry" ]; then cp -P "$entry" ${target}/"$name"; continue; fi`,
        `  if [ -d "$entry" ]; then mkdir ${target}/"$name"; elif [ -e "$entry" ]; then : > ${target}/"$name"; else continue; fi`,
        `  mount --rbind "$entry" ${target}/"$name"`,
        "done",
        ...Object.entries(mount.files).map(
          ([name, content]) => `printf %s ${quote(content)} > ${target}/${quote(name)}`,
        ),
      ];
    }
  }
}

/** Quotes a word for sh. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
