import * as z from "zod";
import type { Host } from "../contract/host.ts";
import { existingAncestor } from "./existing-ancestor.ts";
import { exhibit, type FactProbe, inconclusive, measured } from "./fact-probe.ts";
import { parseMountInfo } from "./mount-table.ts";
import { removeLeftTrials, trialName } from "./trial-name.ts";
import { parseTrials, trialSchema, type Trial, tryFunction } from "./trial.ts";

const schema = z.object({
  /** A mount namespace of one's own, from which no mount is seen outside. */
  namespace: trialSchema,
  /** How `unshare --propagation` has to be called here: gVisor before 2024 does not know `private`. */
  propagation: z.enum(["private", "unchanged"]),
  tmpfs: trialSchema,
  bind: trialSchema,
  /** A directory mounted over /proc/sys/vm, then looked into. */
  overProcSys: trialSchema,
  /** overlayfs whose changes land on a tmpfs. */
  overlayOnTmpfs: trialSchema,
  /** overlayfs whose changes land on the filesystem of the state directory. */
  overlayOnState: trialSchema,
  /** A new mount of the version 1 memory controller; tried only where no cgroup hierarchy is mounted, or none that can be written. */
  cgroupV1: trialSchema.optional(),
});

/** What the script is told besides its directory: the process outside and what to try of cgroups. */
type Value = z.infer<typeof schema>;

const notTried: Trial = { ok: false, message: "not tried: no private mount namespace" };

/**
 * Nothing is undone but a leak: the namespace takes its mounts along when it ends.
 * gVisor 2022-12 accepts unshare(CLONE_NEWNS) and goes on in the namespace of
 * everybody, which the mount table of the process outside shows.
 */
const script = `${tryFunction}
top=$1 outside=$2 cgroup=$3
dir=$top/t
try directory mkdir -m 700 "$top" && try directory mkdir "$dir" "$top/lower1" "$top/lower2" "$top/upper" "$top/work" "$top/merged" || exit
try tmpfs mount -t tmpfs sandkube-probe "$dir" || exit
while read -r line; do
  case $line in *" $dir "*) echo "leaked	1	the kernel accepts unshare, and mounts show outside all the same"; umount "$dir"; exit ;; esac
done < "/proc/$outside/mountinfo"
mkdir "$dir/lower1" "$dir/lower2" "$dir/upper" "$dir/work" "$dir/merged" "$dir/cgroup"
overlay() {
  echo x > "$1/lower1/old"
  mount -t overlay overlay -o "lowerdir=$1/lower1:$1/lower2,upperdir=$1/upper,workdir=$1/work" "$1/merged" || return
  echo x > "$1/merged/new" && [ -f "$1/upper/new" ] || return
  rm "$1/merged/old" || return
  [ ! -e "$1/merged/old" ] || { echo "a removed file is still there"; return 1; }
}
try overlay-on-tmpfs overlay "$dir"
try overlay-on-state overlay "$top"
over_proc_sys() {
  mount --bind "$dir/lower2" /proc/sys/vm || return
  [ ! -e /proc/sys/vm/overcommit_memory ]
}
try over-proc-sys over_proc_sys || try bind mount --bind "$dir/lower1" "$dir/lower2"
[ "$cgroup" = no ] || try cgroup-v1 mount -t cgroup -o memory sandkube-probe "$dir/cgroup"
`;

/** Which mounts are permitted, really tried in a mount namespace of its own. */
export const mountTrials: FactProbe<Value> = {
  id: "mount-trials",
  title: "Mounts, really tried in a namespace of their own",
  schema,
  async measure(host, signal, subject) {
    const [mountInfo, parent, self] = await Promise.all([
      host.files.readText("/proc/self/mountinfo"),
      existingAncestor(host.files, subject.stateDirectory),
      host.processes.self(),
    ]);
    const mounts = parseMountInfo(mountInfo);
    // "unchanged" is quicker and known everywhere, but lets mounts out where the machine shares them.
    const propagation = mounts.some((mount) => mount.shared) ? "private" : "unchanged";
    const cgroups = mounts.filter((mount) => mount.type.startsWith("cgroup"));
    const tryCgroup = cgroups.every((mount) => mount.options.includes("ro"));
    await removeLeftTrials(parent, host, (left) => host.files.remove(left));
    const directory = `${parent}/.${trialName(self)}`;
    try {
      return await tryMounts(host, signal, { directory, pid: self.pid, propagation, tryCgroup });
    } finally {
      // Where mounts leaked and could not be undone, what is in them is not ours to remove.
      await host.files.remove(directory).catch(() => undefined);
    }
  },
};

interface Circumstances {
  readonly directory: string;
  readonly pid: number;
  readonly propagation: Value["propagation"];
  readonly tryCgroup: boolean;
}

async function tryMounts(
  host: Host,
  signal: AbortSignal,
  { directory, pid, propagation, tryCgroup }: Circumstances,
): ReturnType<typeof mountTrials.measure> {
  const command = `unshare --mount --propagation ${propagation} sh -c ...`;
  const unshare = ["unshare", "--mount", "--propagation", propagation, "sh", "-c", script, "sh"] as const;
  const { stdout, stderr, exitCode } = await host.commands.run(
    [...unshare, directory, String(pid), tryCgroup ? "yes" : "no"],
    { signal, acceptedExitCodes: "any" },
  );
  const exhibits = [exhibit(command, stdout + stderr)];
  const trials = parseTrials(stdout);
  const tmpfs = trials.get("tmpfs");
  const leaked = trials.get("leaked");
  const made = trials.get("directory");
  if (made?.ok === false) return inconclusive(`${directory} could not be made: ${made.message}`, exhibits);
  if (tmpfs === undefined) {
    const message = stderr.trim().split("\n")[0] ?? `exit code ${String(exitCode)}`;
    if (exitCode === -1) return inconclusive(message, exhibits);
    return measured({ ...nothing({ ok: false, message }), propagation }, exhibits);
  }
  if (leaked !== undefined) {
    return measured({ ...nothing({ ok: false, message: leaked.message }), tmpfs, propagation }, exhibits);
  }
  const failed: Trial = { ok: false, message: `not tried: ${tmpfs.message}` };
  const of = (name: string): Trial => trials.get(name) ?? failed;
  const cgroupV1 = trials.get("cgroup-v1");
  return measured(
    {
      namespace: { ok: true, message: "" },
      propagation,
      tmpfs,
      // Mounting over /proc/sys is a bind mount itself; where it works, no other is tried.
      bind: trials.get("bind") ?? of("over-proc-sys"),
      overProcSys: of("over-proc-sys"),
      overlayOnTmpfs: of("overlay-on-tmpfs"),
      overlayOnState: of("overlay-on-state"),
      ...(cgroupV1 === undefined ? {} : { cgroupV1 }),
    },
    exhibits,
  );
}

function nothing(namespace: Trial): Omit<Value, "propagation"> {
  return {
    namespace,
    tmpfs: notTried,
    bind: notTried,
    overProcSys: notTried,
    overlayOnTmpfs: notTried,
    overlayOnState: notTried,
  };
}
