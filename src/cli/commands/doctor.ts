import { Command, Option } from "commander";
import { clusterModes, type ClusterMode } from "../../contract/cluster-spec.ts";
import { SandkubeError } from "../../contract/sandkube-error.ts";
import { located, withClusterFlags, withOutputFlag, type ClusterFlags, type OutputFlags } from "../cluster-flags.ts";
import { writeResult, type CommandIo } from "../command-io.ts";
import { renderDoctor } from "../renderers/doctor.ts";

interface Flags extends ClusterFlags, OutputFlags {
  readonly mode: ClusterMode;
  readonly save?: string;
  readonly facts?: string;
  readonly registries?: boolean;
  readonly config?: string;
}

/** `sandkube doctor` */
export function doctorCommand(io: CommandIo): Command {
  return withOutputFlag(withClusterFlags(new Command("doctor")))
    .description("say what this machine has, what would stop Kubernetes, and what `up` will do about it")
    .addOption(new Option("--mode <mode>", "what to judge for").choices(clusterModes).default("node"))
    .option("--save <file>", "write the facts to a file that can be judged elsewhere")
    .option("--facts <file>", "judge facts that were saved instead of this machine")
    .option("--registries", "also ask registry.k8s.io, docker.io and those of --config whether images can be pulled")
    .option("-c, --config <file>", "the cluster's settings, for the registries in it; with --registries")
    .action(async (flags: Flags) => {
      if (flags.config !== undefined && flags.registries !== true) throw withoutRegistries();
      const { doctor } = await import("../../cluster/doctor.ts");
      const { readConfig } = await import("../../cluster/config-file.ts");
      const asked = flags.registries === true ? await readConfig(flags.config, {}, io.host) : undefined;
      const { stateDirectory } = await located(flags, io);
      const report = await doctor(
        {
          stateDirectory,
          mode: flags.mode,
          ...(flags.save === undefined ? {} : { save: flags.save }),
          ...(flags.facts === undefined ? {} : { facts: flags.facts }),
          ...(asked === undefined ? {} : { registries: asked.registries ?? {} }),
        },
        io,
      );
      writeResult(io, flags.output, report, (result) => renderDoctor(result, io.colour.stdout));
    });
}

function withoutRegistries(): SandkubeError {
  return new SandkubeError({
    title: "--config goes with --registries",
    message: "Of the cluster's settings doctor uses the registries only, and it was not told to ask them.",
    hint: "Give --registries, too; `sandkube plan` says what `up` would do.",
    exit: "usage",
  });
}
