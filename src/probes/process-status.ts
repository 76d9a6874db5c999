/** One field of /proc/PID/status (proc(5)), without its name. */
export function statusField(text: string, name: string): string | undefined {
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim();
}

/** The lines of /proc/PID/status with these names, as an exhibit shows them. */
export function statusLines(text: string, names: readonly string[]): string {
  return text
    .split("\n")
    .filter((line) => names.some((name) => line.startsWith(`${name}:`)))
    .join("\n");
}
