import { Command, Option } from "commander";
import type { UpReport } from "../../cluster/up.ts";
import { clusterModes, type ClusterMode } from "../../contract/cluster-spec.ts";
import { SandkubeError } from "../../contract/sandkube-error.ts";
import {
  collect,
  parsePort,
  parseSeconds,
  withClusterFlags,
  withOutputFlag,
  type ClusterFlags,
  type OutputFlags,
} from "../cluster-flags.ts";
import { writeResult, type CommandIo } from "../command-io.ts";
import { supervisorCommand } from "../supervisor-command.ts";
import { renderTimeline } from "../renderers/timeline.ts";
import { renderRemedies } from "../renderers/remedies.ts";
import { renderRung } from "../renderers/rung.ts";

interface Flags extends ClusterFlags, OutputFlags {
  readonly config?: string;
  readonly mode?: ClusterMode;
  readonly avoidRemedy?: readonly string[];
  readonly wait: boolean;
  readonly timeout?: number;
  readonly apiAddress?: string;
  readonly apiPort?: number;
  readonly image?: readonly string[];
  readonly podProxy?: true | string;
  readonly addon?: readonly string[];
  readonly retain?: boolean;
}

/** `sandkube up` */
export function upCommand(io: CommandIo): Command {
  return withOutputFlag(withClusterFlags(new Command("up")))
    .description("bring a cluster up on this machine, or find that it is")
    .option("-c, --config <file>", "a YAML file with the cluster's settings; flags win over it")
    .addOption(
      new Option("--mode <mode>", "what to run (default: the fullest that this machine allows)").choices(clusterModes),
    )
    .option("--avoid-remedy <id>", "a remedy that is not to be applied; may be given several times", collect)
    .option("--wait", "return only when the cluster is usable", true)
    .option("--no-wait", "return when the supervisor has started")
    .option("--timeout <duration>", "how long to wait, such as 90s or 2m", parseSeconds)
    .option("--api-address <address>", "what the API server listens on (default: the node's own address)")
    .option("--api-port <port>", "the API server's port (default: 6443, or the next free one)", parsePort)
    .option("--image <archive>", "an image archive to import; may be given several times", collect)
    .option("--addon <name>", "run it, too (`sandkube addon list`); may be given several times", collect)
    .option(
      "--pod-proxy [url]",
      "tell new pods of the proxy that HTTP_PROXY and HTTPS_PROXY name, or of this one, and of its authorities",
    )
    .option("--retain", "leave everything as it is when the cluster does not come up")
    .action(async (flags: Flags) => {
      refusePassword(flags.podProxy);
      const { up } = await import("../../cluster/up.ts");
      const { readConfig } = await import("../../cluster/config-file.ts");
      const config = await readConfig(
        flags.config,
        {
          name: flags.name,
          stateDirectory: flags.stateDir,
          mode: flags.mode,
          avoidRemedies: flags.avoidRemedy === undefined ? undefined : [...flags.avoidRemedy],
          timeout: flags.timeout,
          addons: flags.addon === undefined ? undefined : [...flags.addon],
          images: flags.image === undefined ? undefined : [...flags.image],
          api: { address: flags.apiAddress, port: flags.apiPort },
          network: { podProxy: flags.podProxy },
        },
        io.host,
      );
      const report = await up(
        { config, wait: flags.wait, retain: flags.retain === true, supervisorCommand: supervisorCommand() },
        io,
      );
      writeResult(io, flags.output, report, (result) => renderUp(result, io.colour.stdout));
    });
}

/** A password on a command line is there for everybody on the machine to read; it is not repeated. */
function refusePassword(podProxy: true | string | undefined): void {
  if (typeof podProxy !== "string" || !podProxy.includes("@")) return;
  throw new SandkubeError({
    title: "No password on a command line",
    message:
      "The address given for --pod-proxy holds a user, and every program of this machine can read command lines.",
    hint: "Put the address into HTTPS_PROXY and give --pod-proxy without one, or into network.podProxy of a config file.",
    exit: "usage",
  });
}

function renderUp(report: UpReport, colour: boolean): string {
  if (report.verdict === "unchanged") {
    return `The cluster "${report.cluster}" runs already; nothing was changed.\n${use(report)}`;
  }
  return [
    renderTimeline(report.timeline),
    renderRemedies(report.remedies, colour),
    renderRung(report.rung, colour),
    `The cluster "${report.cluster}" ${report.verdict === "ready" ? "is ready" : "has been started"}: Kubernetes ${report.kubernetesVersion}, ${report.mode}.\n`,
    use(report),
  ].join("");
}

function use(report: UpReport): string {
  const name = report.cluster === "default" ? "" : ` --name ${report.cluster}`;
  return `  export KUBECONFIG=${report.kubeconfig}\n  sandkube kubectl${name} get pods --all-namespaces\n`;
}
