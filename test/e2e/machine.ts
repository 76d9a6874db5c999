import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { silent } from "../../src/contract/progress.ts";
import { localHost } from "../../src/host/local-host.ts";
import { ensureArtifacts } from "../../src/artifacts/ensure-artifacts.ts";
import { deleteSandbox, execInSandbox, inside, makeSandbox, sandkubeInside } from "../../src/cluster/sandboxes.ts";
import type { Session } from "../../src/cluster/session.ts";

/** What a command left. */
export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A machine that sandkube is run on: this one, or a gVisor sandbox made for the test. */
export interface TestMachine extends AsyncDisposable {
  readonly title: string;
  /** The address at which this process reaches the machine. */
  readonly address: string;
  sandkube(...words: readonly string[]): Promise<Outcome>;
  /** Where it has this package. */
  readonly packageRoot: string;
  /** What a script calls sandkube by. */
  readonly program: string;
  /** Runs a script with sh, as root. */
  shell(script: string, input?: Readable): Promise<Outcome>;
}

/** A gVisor sandbox to test in. */
export interface SandboxKind {
  readonly gvisor: string;
  readonly profile: "agent" | "open";
  readonly overlay: "none" | "default";
  readonly memoryBytes?: number;
  readonly networkStack?: "sandbox" | "host";
}

const packageRoot = join(import.meta.dirname, "../..");
const dist = join(packageRoot, "dist/cli/main.js");
const timeout = 1_200_000;
/** A first run builds every artifact, which takes some 20 minutes on two cores; all hooks may take as long (vitest.config.ts). */
const buildTimeout = 2_400_000;

/** Why end-to-end tests cannot run here, or undefined. Printed where they are skipped. */
export function cannotTest(): string | undefined {
  if (process.geteuid?.() !== 0) return "end-to-end tests make mounts, links and sandboxes, which takes root";
  try {
    readFileSync(dist);
  } catch {
    return `${dist} is not there; npm run build makes it`;
  }
  return undefined;
}

/** What the use cases need, with a bound. */
export function testSession(): Session {
  return { host: localHost(), progress: silent, signal: AbortSignal.timeout(timeout) };
}

/** This machine itself. */
export function thisMachine(): TestMachine {
  const { commands } = localHost();
  return {
    title: "plain Linux",
    address: "127.0.0.1",
    packageRoot,
    program: `${process.execPath} ${dist}`,
    sandkube: (...words) => commands.run([process.execPath, dist, ...words], { acceptedExitCodes: "any", timeout }),
    shell: (script, input) =>
      commands.run(["sh", "-c", script], { acceptedExitCodes: "any", timeout, ...(input && { input }) }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Makes a sandbox and deletes it on disposal. */
export async function sandboxMachine(kind: SandboxKind): Promise<TestMachine> {
  // A sandbox sees the cache read-only: what it needs has to be there before.
  await prepareArtifacts({ ...testSession(), signal: AbortSignal.timeout(buildTimeout) });
  const session = testSession();
  const name = `e2e-${kind.gvisor}-${kind.profile}-${kind.overlay}-${kind.networkStack ?? "sandbox"}-${String(process.pid)}`;
  const { summary } = await makeSandbox({ name, ...kind }, session);
  const run = (argv: readonly [string, ...string[]], input?: Readable): Promise<Outcome> =>
    execInSandbox(name, argv, { timeout, ...(input && { input }) }, session);
  return {
    title: `gVisor ${kind.gvisor}, ${kind.profile}, overlay ${kind.overlay}`,
    address: summary.address ?? "",
    packageRoot: inside.package,
    program: sandkubeInside([]).join(" "),
    sandkube: (...words) => run(sandkubeInside(words)),
    shell: (script, input) => run(["sh", "-c", script], input),
    [Symbol.asyncDispose]: async () => {
      await deleteSandbox(name, {}, testSession());
    },
  };
}

async function prepareArtifacts(session: Session): Promise<void> {
  const { clusterArtifacts } = await import("../../src/cluster/cluster-artifacts.ts");
  await clusterArtifacts("node", session);
  await clusterArtifacts("simulated", session);
  await ensureArtifacts(["proc-sys-redirector", "helm", "metrics-server"], session);
}

/** The path of this machine's kubectl, of the cluster's own version. */
export async function kubectlPath(): Promise<string> {
  return (await ensureArtifacts(["kubernetes"], testSession())).get("kubernetes") ?? "";
}
