import process from "node:process";
import { serveServices } from "../cluster/serve-services.ts";
import { localHost } from "../host/local-host.ts";
import { interruption } from "./interruption.ts";
import { renderError } from "./renderers/error.ts";

/** The service relay, which the supervisor runs as a component. */
async function main(): Promise<void> {
  const [settings = ""] = process.argv.slice(2);
  const signal = interruption();
  try {
    await serveServices(settings, localHost(), signal);
  } catch (error) {
    // Standard error is the component's log.
    const { text, code } = renderError(signal.aborted ? signal.reason : error, false);
    process.stderr.write(text);
    process.exitCode = code;
  }
}

await main();
