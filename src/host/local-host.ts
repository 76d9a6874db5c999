import process from "node:process";
import type { Host } from "../contract/host.ts";
import { LocalCommands } from "./local-commands.ts";
import { LocalFiles } from "./local-files.ts";
import { LocalProcesses } from "./local-processes.ts";
import { LocalRequests } from "./local-requests.ts";
import { LocalSockets } from "./local-sockets.ts";
import { systemClock } from "./system-clock.ts";

/** The machine that this program runs on. */
export function localHost(): Host {
  return {
    commands: new LocalCommands(process.env),
    files: new LocalFiles(),
    processes: new LocalProcesses(),
    sockets: new LocalSockets(),
    requests: new LocalRequests(),
    clock: systemClock,
    environment: process.env,
  };
}
