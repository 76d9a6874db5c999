import process from "node:process";
import { supervise } from "../cluster/supervise.ts";
import { localHost } from "../host/local-host.ts";
import { interruption } from "./interruption.ts";
import { renderError } from "./renderers/error.ts";

/**
 * The supervisor, which `up` runs in the background. A program of its own: the
 * command line would only make it start later and stay bigger.
 */
async function main(): Promise<void> {
  const [stateDirectory = ""] = process.argv.slice(2);
  const signal = interruption();
  try {
    await supervise(stateDirectory, localHost(), signal);
  } catch (error) {
    // Standard error is the supervisor's log.
    const { text, code } = renderError(signal.aborted ? signal.reason : error, false);
    process.stderr.write(text);
    process.exitCode = code;
  }
}

await main();
