import { isIP } from "node:net";
import { InvalidArgumentError, Option, type Command } from "commander";
import type { PublishedPort } from "../cluster/sandboxes.ts";
import type { CommandIo, OutputFormat } from "./command-io.ts";

/** The flags of every command that works on a cluster. */
export interface ClusterFlags {
  readonly name?: string;
  readonly stateDir?: string;
}

/** Adds `--name` and `--state-dir`. */
export function withClusterFlags(command: Command): Command {
  return command
    .option("--name <name>", 'the cluster\'s name (default: "default")')
    .option("--state-dir <directory>", "where the cluster's state lives");
}

/** Finds the cluster that the flags name, which need not be there. */
export async function located(
  flags: ClusterFlags,
  io: CommandIo,
): Promise<{ readonly name: string; readonly stateDirectory: string }> {
  const { locateCluster } = await import("../cluster/state-directory.ts");
  return locateCluster(flags.name, flags.stateDir, io.host);
}

/** Adds `--output`. */
export function withOutputFlag(command: Command): Command {
  return command.addOption(
    new Option("-o, --output <format>", "how the result is written").choices(["text", "json"]).default("text"),
  );
}

/** The flag that {@link withOutputFlag} adds. */
export interface OutputFlags {
  readonly output: OutputFormat;
}

/** Reads a duration such as `90`, `90s`, `2m` or `1m30s`, in seconds. */
export function parseSeconds(text: string): number {
  const match = /^(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?$/.exec(text);
  const seconds = Number(match?.[1] ?? 0) * 60 + Number(match?.[2] ?? 0);
  if (match === null || seconds <= 0) throw new InvalidArgumentError("Not a duration such as 90s or 2m.");
  return seconds;
}

/** Reads a TCP port. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) throw new InvalidArgumentError("Not a port (1 to 65535).");
  return port;
}

/** Collects a flag that may be given several times. */
export function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** `--publish`, of commands that make a sandbox. */
export function publishOption(): Option {
  const where = "a TCP port of this machine, on 127.0.0.1, that leads to a node port in the sandbox";
  return new Option("--publish <[address:]host:node>", `${where}, such as 8080:30080; repeatable`).argParser(
    collectPublished,
  );
}

function collectPublished(text: string, before: readonly PublishedPort[] | undefined): readonly PublishedPort[] {
  const match = /^(?:(.+):)?([^:]+):([^:]+)$/.exec(text);
  const [, address = "127.0.0.1", hostPort = "", sandboxPort = ""] = match ?? [];
  if (match === null || isIP(address) !== 4) {
    throw new InvalidArgumentError("Not [ADDRESS:]HOST:NODE, such as 8080:30080 or 0.0.0.0:8080:30080.");
  }
  return [...(before ?? []), { address, hostPort: parsePort(hostPort), sandboxPort: parsePort(sandboxPort) }];
}
