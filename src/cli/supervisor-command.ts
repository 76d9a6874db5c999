import { join } from "node:path";
import { packageRoot } from "../host/package-root.ts";

/** The command line of the supervisor. */
export function supervisorCommand(): (stateDirectory: string) => readonly [string, ...string[]] {
  const supervisor = join(packageRoot, "dist/cli/supervisor.js");
  // A small young generation: the supervisor allocates little and lives long.
  return (stateDirectory) => [process.execPath, "--max-semi-space-size=1", supervisor, stateDirectory];
}
