import type { Remedy } from "../contract/remedy.ts";
import { capabilities } from "../probes/capabilities.ts";
import { seccomp } from "../probes/seccomp.ts";
import { suppliedTunables } from "./supplied-tunables.ts";

/**
 * Starts the kubelet under a tracer that gives it other files in place of its
 * kernel settings, where nothing may be mounted over them. A filter stops it at
 * the calls that take a path only (docs/adr/0010-redirector.md).
 */
export const procSysRedirector: Remedy = {
  id: "proc-sys-redirector",
  title: "Supply the kernel settings by redirecting paths",
  clears: ["kernel-tunables-missing", "kernel-tunables-unwritable", "overcommit-memory-unwritable"],
  fidelity: "stubbed",
  harmless: false,
  cost: "each system call of the kubelet that takes a path stops for a tracer (15 µs on Linux, 100 µs in gVisor); no other call does (docs/performance.md)",
  disclosure:
    "The kubelet runs under a tracer, and dies with it. The files that it is given in place of those under /proc/sys are plain files: what it writes to them (overcommit, panic and key limits) changes nothing in the kernel.",
  binaries: ["proc-sys-redirector"],
  feasible(facts) {
    const held = facts.of(capabilities);
    if (held.kind === "inconclusive") return { verdict: "unknown", because: held.because };
    if (!held.value.effective.includes("sys_ptrace")) {
      return { verdict: "blocked", because: "the capability sys_ptrace is missing" };
    }
    // A kernel without seccomp shows no mode, and the probe then tells nothing.
    const filter = facts.of(seccomp);
    if (filter.kind === "inconclusive") return { verdict: "unknown", because: filter.because };
    return { verdict: "clear" };
  },
  adjust: (spec, facts) => ({ ...spec, kubelet: { ...spec.kubelet, suppliedTunables: suppliedTunables(facts) } }),
};
