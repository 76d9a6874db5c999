import type { CheckResult } from "../contract/check.ts";
import type { Host } from "../contract/host.ts";
import { needsLoader } from "../images/static-binary.ts";
import { preloadEnvironment } from "./techniques/preloaded-library.ts";

const path = "/proc/sys/kernel/keys/root_maxkeys";

/**
 * Shows that the library of experiment 09 works on a program that has a dynamic
 * loader, and that the kubelet has none.
 *
 * @param directory where the technique made its files
 */
export async function provePreload(
  kubelet: string,
  directory: string,
  host: Host,
  signal: AbortSignal,
): Promise<CheckResult> {
  const read = (environment: Readonly<Record<string, string>>): Promise<{ stdout: string; stderr: string }> =>
    host.commands.run(["cat", path], { environment, acceptedExitCodes: "any", signal });
  const without = await read({});
  const preloaded = await read(preloadEnvironment(directory));
  const loader = await needsLoader(host.files, kubelet);
  const exhibits = [
    { source: `cat ${path}`, content: without.stdout + without.stderr },
    { source: `LD_PRELOAD=preloaded-library.so cat ${path}`, content: preloaded.stdout + preloaded.stderr },
    { source: `ELF program headers of ${kubelet}`, content: loader ? "PT_INTERP is there" : "no PT_INTERP: static" },
  ];
  if (preloaded.stdout === without.stdout) {
    return { outcome: "inconclusive", because: "the library changes nothing for `cat` either", exhibits };
  }
  return loader
    ? { outcome: "refuted", because: "the kubelet asks for a dynamic loader, so a library can reach it", exhibits }
    : {
        outcome: "proved",
        because: "the library redirects what `cat` opens; the kubelet is static, so no loader reads LD_PRELOAD for it",
        exhibits,
      };
}
