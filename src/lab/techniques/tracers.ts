import type { ComponentName } from "../../contract/component-name.ts";
import { laboratoryOnly, techniqueDirectory, writeSettings, type Technique } from "./technique.ts";

/** The parts that were one k3s process in the seed, and its datastore. */
const everything = ["kine", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet"] as const;

/** Starts components under the redirector, in a way or for components that the remedy `proc-sys-redirector` does not. */
function traced(
  id: string,
  title: string,
  trace: "seccomp" | "ptrace",
  components: readonly ComponentName[],
): Technique {
  return {
    remedy: {
      ...laboratoryOnly,
      id,
      title,
      disclosure: "The components run under a tracer; the supplied files under /proc/sys are plain files.",
      binaries: ["proc-sys-redirector"],
      adjust(spec) {
        const tree = `${techniqueDirectory(spec.stateDirectory)}/proc-sys`;
        const launcher = [
          spec.binaries["proc-sys-redirector"],
          `--trace=${trace}`,
          "--from=/proc/sys",
          `--to=${tree}`,
          "--",
        ] as const;
        return { ...spec, launchers: Object.fromEntries(components.map((name) => [name, launcher])) };
      },
    },
    prepare: writeSettings,
  };
}

/** Experiment 04's way: the kubelet stops at every system call. */
export const plainPtrace = traced("plain-ptrace", "Redirect /proc/sys by ptrace, at every system call", "ptrace", [
  "kubelet",
]);

/** Experiment 13's way: so does everything that k3s is. */
export const plainPtraceEverywhere = traced(
  "plain-ptrace-everywhere",
  "Redirect /proc/sys by ptrace, at every system call of every component",
  "ptrace",
  everything,
);

/** The same with a filter, which stops at calls that take a path only. */
export const redirectorEverywhere = traced(
  "redirector-everywhere",
  "Redirect /proc/sys by a filter, for every component",
  "seccomp",
  everything,
);
