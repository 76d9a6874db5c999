import * as z from "zod";

/** What really trying something came to. */
export const trialSchema = z.object({ ok: z.boolean(), message: z.string() });

/** What really trying something came to: whether it worked, and what was said. */
export type Trial = z.infer<typeof trialSchema>;

/**
 * Shell functions for a script that tries several things in one process:
 * `try NAME COMMAND...` prints "NAME<tab>exit code<tab>first line of the output".
 */
export const tryFunction = `
try() {
  name=$1; shift
  out=$("$@" 2>&1); code=$?
  printf '%s\\t%s\\t%s\\n' "$name" "$code" "\${out%%
*}"
  return $code
}
`;

/**
 * The start of a script that `unshare --net` runs: it ends with code 3 where
 * the links of the machine are there all the same, so that nothing is tried on
 * them, or where there is no network, as in gVisor on the host's
 * (hostinet has no way to make a second stack). The look is a subshell's: gVisor decides what /proc/PID/net shows when
 * that directory is first looked up, which another probe may do before the
 * unshare (pkg/sentry/fsimpl/proc/task.go); a new process has a new one.
 */
export const separateNetwork = `
(
  fail() { echo "the kernel accepts unshare, and $1" >&2; exit 3; }
  [ -e /proc/net/dev ] || fail "the new namespace has no network at all"
  while read -r link _; do
    case $link in
      lo:*|tunl*|gre*|erspan*|ip_vti*|ip6*|sit*|Inter*|face*) ;;
      *) fail "the links of the machine are there all the same" ;;
    esac
  done < /proc/net/dev
) || exit 3
`;

/** Reads what a script with {@link tryFunction} printed. */
export function parseTrials(output: string): ReadonlyMap<string, Trial> {
  const trials = new Map<string, Trial>();
  for (const line of output.split("\n")) {
    const [name, code, message = ""] = line.split("\t");
    if (name === undefined || code === undefined) continue;
    trials.set(name, { ok: code === "0", message: message.trim() });
  }
  return trials;
}
