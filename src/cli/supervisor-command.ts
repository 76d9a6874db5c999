import { fileURLToPath } from "node:url";

/** The command line of the supervisor: this program again, with its hidden command. */
export function supervisorCommand(): (stateDirectory: string) => readonly [string, ...string[]] {
  const main = fileURLToPath(new URL("main.js", import.meta.url));
  // A small young generation: the supervisor allocates little and lives long.
  return (stateDirectory) => [
    process.execPath,
    "--max-semi-space-size=1",
    main,
    "supervise",
    "--state-dir",
    stateDirectory,
  ];
}
