#!/usr/bin/env node
import { localHost } from "../host/local-host.ts";
import { interruption } from "./interruption.ts";
import { liveProgress, plainProgress } from "./renderers/progress.ts";
import { run } from "./run.ts";

async function main(): Promise<void> {
  // A reader such as head may close the pipe; that is not an error of ours.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
  const noColour = (process.env["NO_COLOR"] ?? "") !== "" || process.env["TERM"] === "dumb";
  const colour = { stdout: process.stdout.isTTY && !noColour, stderr: process.stderr.isTTY && !noColour };
  const stderr = (text: string): void => {
    process.stderr.write(text);
  };
  const live = process.stderr.isTTY && process.env["TERM"] !== "dumb";
  process.exitCode = await run(process.argv.slice(2), {
    host: localHost(),
    stdout: (text) => {
      process.stdout.write(text);
    },
    stderr,
    colour,
    progress: live
      ? liveProgress(stderr, colour.stderr, () => process.stderr.columns)
      : plainProgress(stderr, colour.stderr),
    signal: interruption(),
  });
}

await main();
