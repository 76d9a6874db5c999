import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { parseDocument, stringify } from "yaml";
import { localHost } from "../../src/host/local-host.ts";
import { waitUntil } from "../../src/host/wait-until.ts";
import { kubectlPath, type Outcome, type TestMachine } from "./machine.ts";
import type { ClusterConfig } from "../../src/cluster/cluster-options.ts";
import type { UpReport } from "../../src/cluster/up.ts";
import type { ClusterMode } from "../../src/contract/cluster-spec.ts";

/** A cluster that runs on a machine, and kubectl for it. */
export interface TestCluster extends AsyncDisposable {
  readonly machine: TestMachine;
  readonly report: UpReport;
  /** Runs kubectl and expects it to succeed; returns its output. */
  readonly kubectl: (...words: readonly string[]) => Promise<string>;
  /** Runs kubectl with whatever comes of it. */
  readonly tryKubectl: (words: readonly string[], input?: string) => Promise<Outcome>;
  /**
   * What a program in a pod says on both streams, and its exit code. For programs that say something and may be run
   * again: a gVisor of 2024 loses an answer of exec now and then.
   */
  readonly inPod: (
    pod: string,
    ...words: readonly string[]
  ) => Promise<{ readonly text: string; readonly exitCode: number }>;
  /** Runs kubectl as the owner of a token instead of the administrator. */
  readonly withToken: (token: string, ...words: readonly string[]) => Promise<Outcome>;
  /** Applies objects given as plain values. */
  readonly apply: (...objects: readonly object[]) => Promise<void>;
  /** Starts kubectl and leaves it running. */
  readonly start: (...words: readonly string[]) => ChildProcessWithoutNullStreams;
  /** Asks kubectl again and again until the answer is as expected. */
  readonly eventually: (
    words: readonly string[],
    expected: (output: string) => boolean,
    seconds?: number,
  ) => Promise<string>;
}

/** The name that every test's cluster has. */
export const clusterName = "e2e";

/** Brings a cluster up on a machine; disposal takes it down. */
export async function startCluster(
  machine: TestMachine,
  mode: ClusterMode | "fullest" = "node",
  settings: ClusterConfig = {},
): Promise<TestCluster> {
  const config = `/tmp/sandkube-e2e-config-${String(process.pid)}.yaml`;
  // Reached from this process over the machine's own network, as `demo` does it.
  const remote = machine.address !== "127.0.0.1";
  const text = stringify({
    name: clusterName,
    ...(mode === "fullest" ? {} : { mode }),
    ...settings,
    ...(remote ? { api: { address: "0.0.0.0", subjectAltNames: [machine.address] } } : {}),
  });
  await machine.shell(`cat > ${config} <<'END'\n${text}END`);
  const outcome = await machine.sandkube("up", "--config", config, "--output", "json");
  await machine.shell(`rm -f ${config}`);
  if (outcome.exitCode !== 0) throw new Error(`up exited with ${String(outcome.exitCode)}:\n${outcome.stderr}`);
  const report = JSON.parse(outcome.stdout) as UpReport;
  const kubeconfig = join(tmpdir(), `sandkube-e2e-kubeconfig-${String(process.pid)}`);
  const original = (await machine.shell(`cat ${report.kubeconfig}`)).stdout;
  const server = remote ? `https://${machine.address}:${new URL(report.server).port}` : report.server;
  await writeFile(kubeconfig, original.replace(/server: .*/, `server: ${server}`), { mode: 0o600 });
  const kubernetes = await kubectlPath();
  const environment = { ...process.env, KUBECONFIG: kubeconfig };
  const tryKubectl = (words: readonly string[], input?: string): Promise<Outcome> =>
    localHost().commands.run([kubernetes, "kubectl", ...words], {
      environment: { KUBECONFIG: kubeconfig },
      acceptedExitCodes: "any",
      timeout: 120_000,
      ...(input === undefined ? {} : { input }),
    });
  const kubectl = async (...words: readonly string[]): Promise<string> => {
    const result = await tryKubectl(words);
    if (result.exitCode !== 0) throw new Error(`kubectl ${words.join(" ")}: ${result.stderr}${result.stdout}`);
    return result.stdout;
  };
  return {
    machine,
    report,
    kubectl,
    tryKubectl,
    withToken: async (token, ...words) => {
      const path = `${kubeconfig}-token`;
      const document = parseDocument(await readFile(kubeconfig, "utf8"));
      document.setIn(["users", 0, "user"], { token });
      await writeFile(path, document.toString(), { mode: 0o600 });
      try {
        return await tryKubectl(["--kubeconfig", path, ...words]);
      } finally {
        await rm(path);
      }
    },
    apply: async (...objects) => {
      const result = await tryKubectl(
        ["apply", "-f", "-"],
        objects.map((object) => JSON.stringify(object)).join("\n---\n"),
      );
      if (result.exitCode !== 0) throw new Error(`kubectl apply: ${result.stderr}`);
    },
    start: (...words) => spawn(kubernetes, ["kubectl", ...words], { env: environment }),
    inPod: async (name, ...words) => {
      const { said } = await waitUntil(
        async () => {
          const { stdout, stderr, exitCode } = await tryKubectl(["exec", name, "--", ...words]);
          const lost = stdout + stderr === "" || /error stream|i\/o timeout/.test(stderr);
          return lost
            ? { ok: false, because: `exit code ${String(exitCode)} ${stderr}` }
            : { ok: true, said: { text: stdout + stderr, exitCode } };
        },
        { clock: localHost().clock, what: `${words.join(" ")} to say something`, timeout: 200_000, interval: 200 },
      );
      return said;
    },
    eventually: async (words, expected, seconds = 120) => {
      const { output } = await waitUntil(
        async () => {
          const { stdout, stderr } = await tryKubectl(words);
          return expected(stdout)
            ? { ok: true, output: stdout }
            : { ok: false, because: `${stdout}${stderr}`.slice(0, 2000) };
        },
        { clock: localHost().clock, what: `kubectl ${words.join(" ")}`, timeout: seconds * 1000, interval: 250 },
      );
      return output;
    },
    [Symbol.asyncDispose]: async () => {
      await rm(kubeconfig, { force: true });
      const down = await machine.sandkube("down", "--name", clusterName);
      // A test may have taken it down itself.
      if (down.exitCode !== 0 && down.exitCode !== 4) throw new Error(`down failed:\n${down.stderr}`);
    },
  };
}
