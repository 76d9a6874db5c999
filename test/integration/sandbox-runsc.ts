import { ensureArtifacts } from "../../src/artifacts/ensure-artifacts.ts";
import { silent } from "../../src/contract/progress.ts";
import { localHost } from "../../src/host/local-host.ts";
import type { SandboxPlatform } from "../../src/sandbox/sandbox-options.ts";

/** A runsc to test with, or why there is none. */
export type TestRunsc =
  | { readonly ok: true; readonly gvisor: string; readonly runscPath: string; readonly platform: SandboxPlatform }
  | { readonly ok: false; readonly because: string };

/**
 * Gets the runsc of a gVisor version out of the artifact cache, or makes it.
 * SANDKUBE_TEST_RUNSC names a folder that holds them already, by artifact name.
 */
export async function testRunsc(gvisor: string): Promise<TestRunsc> {
  const host = localHost();
  if (process.geteuid?.() !== 0) return skipped("sandboxes are made by root, and these tests do not run as root");
  const platform = gvisor === "20221219" ? "ptrace" : "systrap";
  const name = `runsc-${gvisor}`;
  const folder = host.environment["SANDKUBE_TEST_RUNSC"];
  if (folder !== undefined) {
    const path = await host.commands.find(`${folder}/${name}`);
    return path === undefined
      ? skipped(`there is no ${folder}/${name} (SANDKUBE_TEST_RUNSC)`)
      : { ok: true, gvisor, runscPath: path, platform };
  }
  try {
    const paths = await ensureArtifacts([name], { host, progress: silent, signal: AbortSignal.timeout(800_000) });
    return { ok: true, gvisor, runscPath: paths.get(name) ?? "", platform };
  } catch (error) {
    return skipped(`${name} could not be got: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function skipped(because: string): TestRunsc {
  process.stderr.write(`sandbox tests skipped: ${because}\n`);
  return { ok: false, because };
}
