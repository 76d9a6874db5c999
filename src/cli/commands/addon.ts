import { Command } from "commander";
import { located, withClusterFlags, withOutputFlag, type ClusterFlags, type OutputFlags } from "../cluster-flags.ts";
import { writeResult, type CommandIo } from "../command-io.ts";
import { table } from "../renderers/table.ts";

type Flags = ClusterFlags & OutputFlags;

/** `sandkube addon ...` */
export function addonCommand(io: CommandIo): Command {
  const command = new Command("addon").description("what can run besides the cluster itself; `up --addon` starts it");
  command.addCommand(
    subcommand("list")
      .description("show the add-ons, and which of them the cluster has")
      .action(async (flags: Flags) => {
        const { listAddons } = await import("../../cluster/addons.ts");
        const { name, stateDirectory } = await located(flags, io);
        writeResult(io, flags.output, await listAddons(name, stateDirectory, io), ({ addons }) =>
          table(
            ["ADD-ON", "VERSION", "STATE", "MODES", "WHAT IT GIVES"],
            addons.map(({ name: addon, version, enabled, modes, title }) => [
              ...[addon, version, enabled === null ? "-" : enabled ? "on" : "off", modes.join(", "), title],
            ]),
          ),
        );
      }),
  );
  command.addCommand(setting("enable", true, io));
  command.addCommand(setting("disable", false, io));
  return command;
}

function setting(verb: string, enabled: boolean, io: CommandIo): Command {
  return subcommand(verb)
    .description(`say whether the cluster is ${enabled ? "with" : "without"} an add-on, and how to start it so`)
    .argument("<name>")
    .action(async (addon: string, flags: Flags) => {
      const { setAddon } = await import("../../cluster/addons.ts");
      const request = { ...(await located(flags, io)), addon, enabled };
      writeResult(
        io,
        flags.output,
        await setAddon(request, io),
        (result) => `${result.addon} is ${result.enabled ? "on" : "off"} in the cluster "${result.cluster}"\n`,
      );
    });
}

function subcommand(name: string): Command {
  return withOutputFlag(withClusterFlags(new Command(name)));
}
