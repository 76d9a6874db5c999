import process from "node:process";
import { servePublishedPorts } from "../cluster/serve-published-ports.ts";
import { interruption } from "./interruption.ts";

/** Carries connections into a sandbox for `sandbox create --publish`. Its first argument only marks it as the sandbox's. */
async function main(): Promise<void> {
  const [, address = "", ...words] = process.argv.slice(2);
  try {
    await servePublishedPorts(address, words, interruption());
  } catch (error) {
    // Standard error is its log, which `sandbox create` shows.
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

await main();
