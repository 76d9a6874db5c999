import { runsContainers } from "../contract/cluster-spec.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { step } from "../contract/progress.ts";
import { makeKubeconfigFor } from "./sandbox-kubeconfig.ts";
import { runPod, type PodAnswer } from "./run-pod.ts";
import {
  defaultGvisor,
  execInSandbox,
  listSandboxes,
  makeSandbox,
  sandkubeInside,
  type PublishedPort,
  type SandboxSummary,
} from "./sandboxes.ts";
import { clusterArtifacts } from "./cluster-artifacts.ts";
import type { Session } from "./session.ts";
import { up, type UpOptions, type UpReport } from "./up.ts";

/** The answer of `sandkube demo --output json` (docs/schemas/demo.json). */
export interface DemoReport extends Omit<UpReport, "schema" | "verdict"> {
  readonly schema: "sandkube.dev/demo/v1";
  /** proved: the pod answered with the word that only it knew. */
  readonly verdict: "proved";
  readonly pod: PodAnswer;
  /** The sandbox that was made for it; null where the demo ran on the machine it was started on. */
  readonly sandbox: { readonly name: string; readonly gvisor: string; readonly profile: string } | null;
}

const sandboxName = "demo";

/** Whether this machine is plain Linux and can make sandboxes; inside one, the demo uses that. */
async function insideSandbox({ host }: Session): Promise<boolean> {
  // gVisor names itself in the kernel's boot messages, and in the release of newer versions.
  const version = (await host.files.readTextIfPresent("/proc/version")) ?? "";
  if (/gvisor/i.test(version)) return true;
  const { stdout } = await host.commands.run(["dmesg"], { acceptedExitCodes: "any" });
  return /gVisor/i.test(stdout);
}

/**
 * The main job, from an empty machine: builds or finds the artifacts, makes a
 * gVisor sandbox where this is not one, brings the cluster up in it, and has a
 * pod answer.
 */
export async function demo(
  options: UpOptions & { readonly published: readonly PublishedPort[] },
  session: Session,
): Promise<DemoReport> {
  const { published } = options;
  if (await insideSandbox(session)) {
    if (published.length > 0) throw nothingToPublish();
    const report = await up(options, session);
    if (!runsContainers(report.mode)) throw noNode(report);
    const pod = await step(session.progress, "Running a pod", () => runPod(report.kubeconfig, session));
    return { ...report, schema: "sandkube.dev/demo/v1", verdict: "proved", pod, sandbox: null };
  }
  await clusterArtifacts("node", session);
  const sandbox = await findOrMakeSandbox(published, session);
  session.progress({ kind: "note", text: `In the sandbox "${sandboxName}":` });
  const inner = await execInSandbox(
    sandboxName,
    // The host reaches the sandbox over the pair of links between them, and nobody else does.
    sandkubeInside(["demo", "--output", "json", "--api-address", "0.0.0.0", "--api-name", sandbox.address ?? ""]),
    { onLine: storyOf(session) },
    session,
  );
  if (inner.exitCode !== 0) throw innerFailure(inner.exitCode, inner.stderr);
  const report = JSON.parse(inner.stdout) as DemoReport;
  const kubeconfig = await makeKubeconfigFor(sandboxName, report, session);
  return {
    ...report,
    ...kubeconfig,
    sandbox: { name: sandboxName, gvisor: sandbox.gvisor ?? "", profile: sandbox.profile ?? "" },
  };
}

async function findOrMakeSandbox(published: readonly PublishedPort[], session: Session): Promise<SandboxSummary> {
  const existing = (await listSandboxes({}, session)).find(({ name }) => name === sandboxName);
  if (existing?.state === "running" && JSON.stringify(existing.published) !== JSON.stringify(published)) {
    throw new SandkubeError({
      title: `The sandbox "${sandboxName}" publishes other ports`,
      message: "What a sandbox publishes is settled when it is made.",
      hint: `Delete it and run this again: sandkube sandbox delete ${sandboxName}`,
      exit: "conflict",
    });
  }
  if (existing?.state === "running") {
    session.progress({ kind: "note", text: `Using the sandbox "${sandboxName}" that runs already.` });
    return existing;
  }
  if (existing !== undefined) {
    throw new SandkubeError({
      title: `The sandbox "${sandboxName}" is ${existing.state}`,
      message: existing.because ?? "It was not deleted.",
      hint: `Delete it: sandkube sandbox delete ${sandboxName}`,
      exit: "conflict",
    });
  }
  const { summary, notes } = await makeSandbox(
    { name: sandboxName, gvisor: defaultGvisor, profile: "agent", overlay: "none", published },
    session,
  );
  const open = published.map(
    ({ address, hostPort, sandboxPort }) => `${address}:${String(hostPort)} leads to its port ${String(sandboxPort)}`,
  );
  for (const text of [...notes, ...open]) session.progress({ kind: "note", text });
  return summary;
}

/** What the program in the sandbox says on stderr becomes part of this story; its result does not. */
function storyOf(session: Session): (line: string) => void {
  return (line) => {
    if (/^\s*[✓✗!]/.test(line)) session.progress({ kind: "note", text: line.trim() });
  };
}

function nothingToPublish(): SandkubeError {
  return new SandkubeError({
    title: "Nothing to publish",
    message: "This is a sandbox already: node ports answer at its own addresses, and at 127.0.0.1.",
    hint: "Leave --publish out.",
    exit: "usage",
  });
}

function noNode({ notes }: UpReport): SandkubeError {
  return new SandkubeError({
    title: "This machine cannot run pods",
    message: notes.join("\n"),
    hint: "`sandkube doctor` tells more.",
    exit: "unsupported",
  });
}

function innerFailure(code: number, stderr: string): SandkubeError {
  const last = stderr.trim().split("\n").at(-1) ?? "";
  try {
    const { title, message, hint } = JSON.parse(last) as { title: string; message: string; hint: string | null };
    return new SandkubeError({ title, message, ...(hint === null ? {} : { hint }), exit: "component" });
  } catch {
    return new SandkubeError({
      title: "sandkube failed in the sandbox",
      message: `It exited with code ${String(code)}.\n${stderr.trim()}`,
      hint: `Look around: sandkube sandbox exec ${sandboxName} -- sh`,
      exit: "component",
    });
  }
}
