import process from "node:process";
import { exitCode } from "../contract/exit-code.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";

/** A signal that is aborted when the process is told to end: by Ctrl-C, TERM or HUP. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      // A second Ctrl-C does not wait for the clean-up.
      if (controller.signal.aborted && signal === "SIGINT") process.exit(exitCode.interrupted);
      controller.abort(
        new SandkubeError({
          title: "Interrupted",
          message: `Ended by ${signal}; what was begun is undone.`,
          exit: "interrupted",
        }),
      );
    });
  }
  return controller.signal;
}
