import { Command } from "commander";
import { withOutputFlag, type OutputFlags } from "../cluster-flags.ts";
import { writeResult, type CommandIo } from "../command-io.ts";
import { bytes } from "../../contract/quantities.ts";
import { table } from "../renderers/table.ts";

/** `sandkube artifacts ...` */
export function artifactsCommand(io: CommandIo): Command {
  const command = new Command("artifacts").description("the binaries that a cluster is made of");
  command.addCommand(
    withOutputFlag(new Command("list"))
      .description("show what the cache holds")
      .option("--verify", "check the content of every binary against its digest")
      .action(async (flags: OutputFlags & { readonly verify?: boolean }) => {
        const { listArtifacts } = await import("../../cluster/artifacts.ts");
        const artifacts = await listArtifacts(io, { verify: flags.verify === true });
        writeResult(io, flags.output, { schema: "sandkube.dev/artifacts/v1", artifacts }, (result) =>
          table(
            ["NAME", "VERSION", "STATE", "SIZE"],
            result.artifacts.map(({ name, version, state, size }) => [
              name,
              version,
              state,
              size === undefined ? "-" : bytes(size),
            ]),
          ),
        );
      }),
  );
  command.addCommand(
    withOutputFlag(new Command("build"))
      .description("build or fetch what is not in the cache")
      .argument("[name...]", "which (default: all)")
      .action(async (names: readonly string[], flags: OutputFlags) => {
        const { catalogue, ensureArtifacts } = await import("../../cluster/artifacts.ts");
        const wanted = names.length > 0 ? names : catalogue.map(({ name }) => name);
        const paths = await ensureArtifacts(wanted, io);
        const artifacts = [...paths].map(([name, path]) => ({ name, path }));
        writeResult(io, flags.output, { schema: "sandkube.dev/artifacts-build/v1", artifacts }, (result) =>
          table(
            ["NAME", "PATH"],
            result.artifacts.map(({ name, path }) => [name, path]),
          ),
        );
      }),
  );
  command.addCommand(
    new Command("path")
      .description("print where the cache is, or where one binary is")
      .argument("[name]")
      .action(async (name: string | undefined) => {
        const { artifactDirectory, findArtifact } = await import("../../cluster/artifacts.ts");
        const { SandkubeError } = await import("../../contract/sandkube-error.ts");
        const path = name === undefined ? artifactDirectory(io.host.environment) : await findArtifact(name, io);
        if (path === undefined) {
          throw new SandkubeError({
            title: `${name ?? ""} is not in the cache`,
            message: "It has not been built on this machine, or its entry is broken.",
            hint: `sandkube artifacts build ${name ?? ""}`,
            exit: "notFound",
          });
        }
        io.stdout(`${path}\n`);
      }),
  );
  command.addCommand(
    withOutputFlag(new Command("clean"))
      .description("remove what the cache holds and nothing uses")
      .option("--all", "remove everything but what runs")
      .action(async (flags: OutputFlags & { readonly all?: boolean }) => {
        const { cleanArtifacts } = await import("../../cluster/artifacts.ts");
        const cleaned = await cleanArtifacts(io, { unusedOnly: flags.all !== true });
        writeResult(io, flags.output, { schema: "sandkube.dev/artifacts-clean/v1", ...cleaned }, (result) =>
          [
            ...result.removed.map((name) => `removed ${name}\n`),
            `${bytes(result.freed)} freed, ${String(result.kept.length)} kept\n`,
          ].join(""),
        );
      }),
  );
  return command;
}
