import { Command } from "commander";
import type { StatusReport } from "../../cluster/status.ts";
import { located, withClusterFlags, withOutputFlag, type ClusterFlags, type OutputFlags } from "../cluster-flags.ts";
import { writeResult, type CommandIo } from "../command-io.ts";
import { style } from "../renderers/style.ts";
import { bytes } from "../../contract/quantities.ts";
import { table } from "../renderers/table.ts";

/** `sandkube status` */
export function statusCommand(io: CommandIo): Command {
  return withOutputFlag(withClusterFlags(new Command("status")))
    .description("show the cluster, its node and its components")
    .action(async (flags: ClusterFlags & OutputFlags) => {
      const { status } = await import("../../cluster/status.ts");
      const { name, stateDirectory } = await located(flags, io);
      writeResult(io, flags.output, await status(name, stateDirectory, io), (report) =>
        renderStatus(report, io.colour.stdout),
      );
    });
}

function renderStatus({ cluster, node, components, tasks }: StatusReport, colour: boolean): string {
  const nodeLine =
    node === null
      ? `none: ${style(cluster.rung.fidelity === "stubbed" ? `[stubbed] ${cluster.rung.disclosure}` : cluster.rung.disclosure, "warn", colour)}`
      : `${node.name} ${node.ready ? style("Ready", "good", colour) : `${style("NotReady", "bad", colour)}: ${node.because ?? ""}`}`;
  return [
    `cluster  ${cluster.name}: ${style(cluster.state, cluster.state === "running" ? "good" : "warn", colour)}, Kubernetes ${cluster.kubernetesVersion}, ${cluster.mode}\n`,
    `node     ${nodeLine}\n`,
    `state    ${cluster.stateDirectory}\n\n`,
    table(
      ["COMPONENT", "STATE", "PID", "RESTARTS", "MEMORY", ""],
      components.map(({ name, state, pid, restarts, rssBytes, because }) => [
        name,
        state,
        pid === null ? "-" : String(pid),
        String(restarts),
        pid === null ? "-" : bytes(rssBytes),
        because ?? "",
      ]),
    ),
    ...tasks
      .filter(({ done }) => !done)
      .map(({ name, error }) => `pending: ${name}${error === undefined ? "" : ` (${error})`}\n`),
  ].join("");
}
