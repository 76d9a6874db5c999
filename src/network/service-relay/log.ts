/** Writes a line to standard error, which is the component's log. */
export function log(text: string): void {
  process.stderr.write(`${new Date().toISOString()} ${text}\n`);
}
