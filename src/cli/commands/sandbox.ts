import { Command, InvalidArgumentError, Option } from "commander";
import { publishOption, withOutputFlag, type OutputFlags } from "../cluster-flags.ts";
import type { PublishedPort, SandboxListReport } from "../../cluster/sandboxes.ts";
import { writeResult, type CommandIo } from "../command-io.ts";
import { table } from "../renderers/table.ts";

interface CreateFlags extends OutputFlags {
  readonly gvisor: string;
  readonly profile: "agent" | "open";
  readonly overlay: "none" | "default";
  readonly network: "sandbox" | "host";
  readonly memory?: number;
  readonly publish?: readonly PublishedPort[];
}

/** `sandkube sandbox ...` */
export function sandboxCommand(io: CommandIo): Command {
  const command = new Command("sandbox").description("gVisor sandboxes on this machine").enablePositionalOptions();
  command.addCommand(
    withOutputFlag(new Command("create"))
      .description("make a sandbox in which sandkube can run")
      .argument("<name>")
      .option("--gvisor <version>", "20260701, 20240729, 20221219, or the path of a runsc", "20260701")
      .addOption(
        new Option("--profile <profile>", "agent: what AI agents' web sandboxes give; open: all that gVisor can give")
          .choices(["agent", "open"])
          .default("agent"),
      )
      .addOption(
        new Option("--overlay <overlay>", "none: a 9p root, as agents have; default: runsc's own")
          .choices(["none", "default"])
          .default("none"),
      )
      .addOption(
        new Option("--network <stack>", "sandbox: gVisor's own network; host: the kernel's, as runsc --network=host")
          .choices(["sandbox", "host"])
          .default("sandbox"),
      )
      .option("--memory <size>", "such as 4G (default: 8G)", parseSize)
      .addOption(publishOption())
      .action(async (name: string, flags: CreateFlags) => {
        const { makeSandbox } = await import("../../cluster/sandboxes.ts");
        const { summary, notes } = await makeSandbox(
          {
            name,
            gvisor: flags.gvisor,
            profile: flags.profile,
            overlay: flags.overlay,
            networkStack: flags.network,
            ...(flags.memory === undefined ? {} : { memoryBytes: flags.memory }),
            ...(flags.publish === undefined ? {} : { published: flags.publish }),
          },
          io,
        );
        for (const text of notes) io.progress({ kind: "note", text });
        writeResult(io, flags.output, { schema: "sandkube.dev/sandbox/v1", ...summary, notes }, (result) =>
          [
            `The sandbox "${result.name}" runs at ${result.address ?? "no address"}.\n`,
            ...result.published.map(({ address, hostPort, sandboxPort }) => {
              return `  ${address}:${String(hostPort)} leads to its port ${String(sandboxPort)}\n`;
            }),
            `  sandkube sandbox exec ${result.name} -- sh\n`,
            `  sandkube sandbox delete ${result.name}\n`,
          ].join(""),
        );
      }),
  );
  command.addCommand(
    new Command("exec")
      .description("run a command in a sandbox")
      .argument("<name>")
      .argument("<command...>")
      .option("--cwd <directory>", "where", "/root")
      .passThroughOptions()
      .action(async (name: string, words: readonly string[], flags: { readonly cwd: string }) => {
        const { execInSandbox } = await import("../../cluster/sandboxes.ts");
        const terminal = process.stdin.isTTY && process.stdout.isTTY;
        const result = await execInSandbox(
          name,
          // passThroughOptions leaves the "--" before the command in place.
          (words[0] === "--" ? words.slice(1) : words) as [string, ...string[]],
          terminal
            ? { cwd: flags.cwd, terminal }
            : { cwd: flags.cwd, input: process.stdin, stdout: process.stdout, stderr: process.stderr },
          io,
        );
        io.exit(result.exitCode);
      }),
  );
  command.addCommand(
    withOutputFlag(new Command("list"))
      .description("show the sandboxes of this machine")
      .action(async (flags: OutputFlags) => {
        const { listSandboxes } = await import("../../cluster/sandboxes.ts");
        const report: SandboxListReport = {
          schema: "sandkube.dev/sandbox-list/v1",
          sandboxes: await listSandboxes({}, io),
        };
        writeResult(io, flags.output, report, (result) =>
          table(
            ["NAME", "GVISOR", "PROFILE", "STATE", "ADDRESS"],
            result.sandboxes.map(({ name, gvisor, profile, state, address }) => [
              name,
              gvisor ?? "-",
              profile ?? "-",
              state,
              address ?? "-",
            ]),
          ),
        );
      }),
  );
  command.addCommand(
    withOutputFlag(new Command("delete"))
      .description("end a sandbox and remove everything of it")
      .argument("<name>")
      .action(async (name: string, flags: OutputFlags) => {
        const { deleteSandbox } = await import("../../cluster/sandboxes.ts");
        const result = await deleteSandbox(name, {}, io);
        writeResult(
          io,
          flags.output,
          { schema: "sandkube.dev/sandbox-delete/v1", ...result },
          () => `The sandbox "${name}" is gone.\n`,
        );
      }),
  );
  return command;
}

function parseSize(text: string): number {
  const match = /^(\d+)([KMG])i?B?$/i.exec(text);
  const unit = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }[(match?.[2] ?? "").toUpperCase()];
  if (match === null || unit === undefined) throw new InvalidArgumentError("Not a size such as 512M or 4G.");
  return Number(match[1]) * unit;
}
