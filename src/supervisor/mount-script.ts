import type { NodeMount } from "../contract/cluster-spec.ts";

/**
 * Writes the shell script that makes a node's mounts. It runs once, inside the
 * node's new mount namespace, before the supervisor.
 *
 * A process start costs 25 ms or more in gVisor, and a node has some fifty
 * mounts. So the script writes them down as fstab(5) does, and `mount --all`
 * makes as many at once as do not need each other.
 *
 * @param mounts in the order in which they are made
 * @param scratch a directory for the script's own mount points and its table
 * @param blame a file that receives the id of the remedy whose mounts fail
 */
export function mountScript(mounts: readonly NodeMount[], scratch: string, blame: string): string {
  const lives = mounts.flatMap(({ kind }, index) => (kind === "supplement" ? [liveOf(scratch, index)] : []));
  const lines = [
    "set -eu",
    ...(mounts.some(({ remedy }) => remedy !== undefined) ? blaming(blame) : []),
    ...(mounts.length === 0 ? [] : preamble([scratch, ...lives], scratch)),
    // A name of its own for each: `mount --all` passes over what the table of mounts shows already.
    ...mounts.flatMap((mount, index) => [
      // What was asked for before is made before, so that a failure is nobody else's.
      ...(mount.remedy === mounts[index - 1]?.remedy ? [] : ["mount_all", `remedy=${quote(mount.remedy ?? "")}`]),
      ...linesOf(mount, `sandkube-${String(index)}`, liveOf(scratch, index)),
    ]),
    ...(mounts.length === 0 ? [] : ["mount_all", "remedy="]),
    // hostPath volumes with Bidirectional propagation ask for a shared mount; where the kernel has none, only they fail.
    // Last, because what covers a directory would otherwise cover its live copy as well: they would be peers.
    "mount --make-rshared / 2>/dev/null || true",
  ];
  return lines.join("\n");
}

function blaming(path: string): string[] {
  return ["remedy=", `trap '[ -z "$remedy" ] || printf %s "$remedy" > "$blame"' EXIT`, `blame=${quote(path)}`];
}

function preamble(directories: readonly string[], scratch: string): string[] {
  const table = quote(`${scratch}/fstab`);
  return [
    `mkdir -p ${directories.map(quote).join(" ")}`,
    "rows= points=' '",
    'while read -r _ _ _ _ point _; do points="$points$point "; done < /proc/self/mountinfo',
    // SOURCE TARGET TYPE OPTIONS
    `row() { points="$points$2 " rows="$rows$* 0 0`,
    `"; }`,
    "mount_all() {",
    `  [ -n "$rows" ] || return 0`,
    `  printf %s "$rows" > ${table}`,
    `  mount --all --fstab ${table}`,
    "  rows=",
    "}",
    // It may lie in one that is still to be mounted.
    `directory() { [ -d "$1" ] || { mount_all; mkdir -p "$1"; }; }`,
    keepLive,
  ];
}

/** What was in a directory stays there, live; only the supplied names are ours. LIVE TARGET, and both as the table has them. */
const keepLive = `keep_live() {
  live=$1 target=$2 live_field=$3 target_field=$4
  set --
  for entry in "$live"/*; do [ ! -L "$entry" ] || supplied "\${entry##*/}" || set -- "$@" "$entry"; done
  [ $# = 0 ] || cp -P "$@" "$target"
  set --
  for entry in "$live"/*; do
    name=\${entry##*/}
    if [ -L "$entry" ] || [ ! -e "$entry" ] || supplied "$name"; then continue; fi
    direct=
    case $name in *[!A-Za-z0-9._:@+,=-]*) direct="it needs quoting in the table" ;; esac
    case $points in *" $target_field/$name "*) direct="mount --all would take it for mounted, as it was before" ;; esac
    if [ -n "$direct" ]; then
      if [ -d "$entry" ]; then mkdir "$target/$name"; else : > "$target/$name"; fi
      mount --rbind "$entry" "$target/$name"
      continue
    fi
    if [ -d "$entry" ]; then set -- "$@" "$target/$name"; else : > "$target/$name"; fi
    row "$live_field/$name" "$target_field/$name" none rbind
  done
  [ $# = 0 ] || mkdir "$@"
}`;

function linesOf(mount: NodeMount, source: string, live: string): string[] {
  const target = quote(mount.target);
  switch (mount.kind) {
    case "tmpfs": {
      const size = mount.sizeBytes === undefined ? "" : `,size=${String(mount.sizeBytes)}`;
      return [`directory ${target}`, row(source, mount.target, "tmpfs", `mode=755${size}`)];
    }
    case "bind":
      return [row(mount.source, mount.target, "none", "bind")];
    case "cgroup-v1":
      return [`directory ${target}`, row(source, mount.target, "cgroup", mount.controllers)];
    case "supplement": {
      const names = Object.keys(mount.files).map(quote);
      return [
        // With what is mounted in it: /dev holds /dev/pts and /dev/shm.
        row(mount.target, live, "none", "rbind"),
        row(source, mount.target, "tmpfs", "mode=755"),
        "mount_all",
        `supplied() { ${names.length === 0 ? "false" : `case $1 in ${names.join("|")}) ;; *) false ;; esac`}; }`,
        `keep_live ${quote(live)} ${target} ${quote(field(live))} ${quote(field(mount.target))}`,
        ...Object.entries(mount.files).map(
          ([name, content]) => `printf %s ${quote(content)} > ${target}/${quote(name)}`,
        ),
      ];
    }
  }
}

function liveOf(scratch: string, index: number): string {
  return `${scratch}/live-${String(index)}`;
}

function row(source: string, target: string, type: string, options: string): string {
  return `row ${[source, target, type, options].map((text) => quote(field(text))).join(" ")}`;
}

/** A field of fstab(5), where blanks are written as octal numbers. */
function field(text: string): string {
  return text.replaceAll(/[\s\\#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`);
}

/** Quotes a word for sh. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
