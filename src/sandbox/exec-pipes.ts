/**
 * Runs a command with real pipes as its standard streams.
 *
 * Node gives its children unix sockets, and the sentry gets those very file
 * descriptors: a script's `echo x >/dev/stderr` fails on a socket (ENXIO), and
 * the sentry shuts it down when a command cannot be started, so that runsc dies
 * of SIGPIPE before it says why. A regular file would be written over from its
 * beginning by each writer.
 *
 * Arguments: the beginning of three paths to use, then the command. It ends with
 * the command's exit code as soon as the command ends, not when the pipes do: a
 * background process in the sandbox may hold them. SIGINT is left to the caller
 * (background commands of a shell ignore it), as runsc would not pass it on.
 */
export const execWithPipesScript = `
base=$1; shift
exec 6<&0
mkfifo -m 600 "$base.out" "$base.err" || exit 125
cat <"$base.out" &
cat <"$base.err" >&2 &
reader=
if [ -S /dev/fd/0 ]; then
  mkfifo -m 600 "$base.in" || exit 125
  cat <&6 >"$base.in" & reader=$!
  "$@" 6<&- <"$base.in" >"$base.out" 2>"$base.err" & command=$!
else
  "$@" <&6 6<&- >"$base.out" 2>"$base.err" & command=$!
fi
trap 'kill -KILL $command' TERM
wait $command; code=$?
[ -z "$reader" ] || kill $reader 2>/dev/null
exit $code
`;

/**
 * Runs a command on the caller's terminal, in a process group of its own (-m),
 * so that Ctrl-C goes to the command alone: runsc passes it on to the processes
 * inside, and sandkube does not take it for its own end. The shell has to stay
 * (exit), to take the terminal back.
 */
export const execOnTerminalScript = '"$@"; exit $?';

/** The ends of the paths that {@link execWithPipesScript} makes. */
export const pipeSuffixes = [".in", ".out", ".err"];
