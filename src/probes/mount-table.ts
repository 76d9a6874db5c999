/** One line of /proc/PID/mountinfo (proc(5)). */
export interface MountEntry {
  /** Major and minor number, as in "0:17". */
  readonly device: string;
  readonly root: string;
  readonly path: string;
  readonly options: readonly string[];
  readonly type: string;
  readonly superOptions: readonly string[];
  /** Whether mounts beneath it spread to other mount namespaces. */
  readonly shared: boolean;
}

/** Reads /proc/PID/mountinfo. gVisor 2022-12 writes two spaces before the dash. */
export function parseMountInfo(text: string): readonly MountEntry[] {
  return text.split("\n").flatMap((line) => {
    const dash = line.indexOf(" - ");
    if (dash < 0) return [];
    const before = line.slice(0, dash).trim().split(" ");
    const [type = "", , superOptions = ""] = line.slice(dash + 3).split(" ");
    const [, , device, root, path, options] = before;
    if (device === undefined || root === undefined || path === undefined || options === undefined) return [];
    return [
      {
        device,
        root: unescape(root),
        path: unescape(path),
        options: options.split(","),
        type,
        superOptions: superOptions.split(","),
        shared: before.slice(6).some((field) => field.startsWith("shared:")),
      },
    ];
  });
}

/** The mount that holds a path: of the longest mount points that lead to it, the last made. */
export function mountOf(path: string, mounts: readonly MountEntry[]): MountEntry | undefined {
  let best: MountEntry | undefined;
  for (const mount of mounts) {
    if (leadsTo(mount.path, path) && mount.path.length >= (best?.path.length ?? 0)) best = mount;
  }
  return best;
}

function leadsTo(mountPoint: string, path: string): boolean {
  return mountPoint === "/" || path === mountPoint || path.startsWith(`${mountPoint}/`);
}

/** Spaces and the like stand as octal numbers in mountinfo. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
