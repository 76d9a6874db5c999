import { SandkubeError } from "../../contract/sandkube-error.ts";
import { packageRoot } from "../../host/package-root.ts";
import { laboratoryOnly, techniqueDirectory, writeSettings, type Technique } from "./technique.ts";

/** What the loader is told, below the technique's directory. */
export function preloadEnvironment(directory: string): Readonly<Record<string, string>> {
  return { LD_PRELOAD: `${directory}/preloaded-library.so`, SANDKUBE_PROC_SYS: `${directory}/proc-sys` };
}

/** Experiment 09: a library that redirects what is opened below /proc/sys, given to the kubelet by LD_PRELOAD. */
export const preloadedLibrary: Technique = {
  remedy: {
    ...laboratoryOnly,
    id: "preloaded-library",
    title: "Redirect /proc/sys by LD_PRELOAD",
    disclosure: "Where it works, the supplied files under /proc/sys are plain files.",
    adjust(spec) {
      const variables = Object.entries(preloadEnvironment(techniqueDirectory(spec.stateDirectory)));
      const launcher = ["env", ...variables.map(([name, value]) => `${name}=${value}`)] as const;
      return { ...spec, launchers: { ...spec.launchers, kubelet: launcher } };
    },
  },
  async prepare(host, directory, signal) {
    const compiler = await host.commands.find("cc");
    if (compiler === undefined) {
      throw new SandkubeError({
        title: "There is no C compiler",
        message: "The library of experiment 09 is built where it is tried.",
        hint: "Install one: apt-get install gcc libc6-dev",
        exit: "unsupported",
      });
    }
    await writeSettings(host, directory);
    const source = `${packageRoot}/native/preloaded-library/preloaded-library.c`;
    const { LD_PRELOAD: library = "" } = preloadEnvironment(directory);
    await host.commands.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, source], { signal });
  },
};
