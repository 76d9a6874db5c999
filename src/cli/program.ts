import { Command } from "commander";
import own from "../../package.json" with { type: "json" };
import type { CommandIo } from "./command-io.ts";
import { addonCommand } from "./commands/addon.ts";
import { artifactsCommand } from "./commands/artifacts.ts";
import { bundleCommand } from "./commands/bundle.ts";
import { completionCommand } from "./commands/completion.ts";
import { demoCommand } from "./commands/demo.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { downCommand } from "./commands/down.ts";
import { explainCommand } from "./commands/explain.ts";
import { helmCommand } from "./commands/helm.ts";
import { imageCommand } from "./commands/image.ts";
import { kubeconfigCommand } from "./commands/kubeconfig.ts";
import { kubectlCommand } from "./commands/kubectl.ts";
import { labCommand } from "./commands/lab.ts";
import { loadCommand } from "./commands/load.ts";
import { logsCommand } from "./commands/logs.ts";
import { planCommand } from "./commands/plan.ts";
import { reportCommand } from "./commands/report.ts";
import { sandboxCommand } from "./commands/sandbox.ts";
import { statusCommand } from "./commands/status.ts";
import { upCommand } from "./commands/up.ts";
import { verifyCommand } from "./commands/verify.ts";
import { versionCommand } from "./commands/version.ts";

/**
 * Every command, in the order in which help shows them.
 *
 * @param reportUsage receives what is wrong with a command line, as text
 */
export function makeProgram(io: CommandIo, reportUsage: (text: string) => void): Command {
  const program = new Command("sandkube")
    .description("Real Kubernetes, API server to running pods, inside a gVisor sandbox.")
    .version(
      own.version,
      "--version",
      "show the version of sandkube; `sandkube version` shows those of what it runs, too",
    )
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: io.stdout,
      writeErr: io.stderr,
      outputError: reportUsage,
      getOutHasColors: () => io.colour.stdout,
      getErrHasColors: () => io.colour.stderr,
    });
  const commands = [
    upCommand,
    downCommand,
    statusCommand,
    verifyCommand,
    kubectlCommand,
    helmCommand,
    kubeconfigCommand,
    logsCommand,
    loadCommand,
    imageCommand,
    addonCommand,
    doctorCommand,
    planCommand,
    explainCommand,
    labCommand,
    reportCommand,
    demoCommand,
    sandboxCommand,
    artifactsCommand,
    bundleCommand,
    completionCommand,
    versionCommand,
  ];
  for (const make of commands) {
    const command = make(io);
    program.addCommand(command.copyInheritedSettings(program));
    for (const subcommand of command.commands) subcommand.copyInheritedSettings(program);
  }
  return program;
}
