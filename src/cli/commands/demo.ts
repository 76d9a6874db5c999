import { Command } from "commander";
import type { DemoReport } from "../../cluster/demo.ts";
import type { PublishedPort } from "../../cluster/sandboxes.ts";
import { publishOption, withOutputFlag, type OutputFlags } from "../cluster-flags.ts";
import { writeResult, type CommandIo } from "../command-io.ts";
import { renderRemedies } from "../renderers/remedies.ts";
import { renderTimeline } from "../renderers/timeline.ts";
import { seconds } from "../renderers/progress.ts";
import { supervisorCommand } from "../supervisor-command.ts";

interface Flags extends OutputFlags {
  readonly apiAddress?: string;
  readonly apiName?: string;
  readonly publish?: readonly PublishedPort[];
}

/** `sandkube demo` */
export function demoCommand(io: CommandIo): Command {
  return withOutputFlag(new Command("demo"))
    .description("from an empty machine to a pod that answers, in a gVisor sandbox")
    .option("--api-address <address>", "what the API server listens on")
    .option("--api-name <name>", "a further name or address in the API server's certificate")
    .addOption(publishOption())
    .action(async (flags: Flags) => {
      const { demo } = await import("../../cluster/demo.ts");
      const config = {
        api: {
          ...(flags.apiAddress === undefined ? {} : { address: flags.apiAddress }),
          ...(flags.apiName === undefined ? {} : { subjectAltNames: [flags.apiName] }),
        },
      };
      const options = { config, wait: true, retain: false, supervisorCommand: supervisorCommand() };
      const report = await demo({ ...options, published: flags.publish ?? [] }, io);
      writeResult(io, flags.output, report, (result) => renderDemo(result, io.colour.stdout));
    });
}

function renderDemo(report: DemoReport, colour: boolean): string {
  const { pod, sandbox } = report;
  const where =
    sandbox === null
      ? "on this machine"
      : `in the gVisor sandbox "${sandbox.name}" (${sandbox.gvisor}, ${sandbox.profile})`;
  const clean = sandbox === null ? "sandkube down" : `sandkube sandbox delete ${sandbox.name}`;
  return [
    renderTimeline(report.timeline),
    renderRemedies(report.remedies, colour),
    `\nProved: pod ${pod.pod} answered at ${pod.address}, ${seconds(pod.readyMs)} after it was created.\n`,
    `  It said: ${pod.log}\n`,
    `Kubernetes ${report.kubernetesVersion} runs ${where}. To use it:\n`,
    `  export KUBECONFIG=${report.kubeconfig}\n`,
    `To remove everything:\n  ${clean}\n`,
  ].join("");
}
