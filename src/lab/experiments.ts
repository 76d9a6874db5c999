import type { ClusterMode } from "../contract/cluster-spec.ts";
import type { Experiment } from "./experiment.ts";

/** What the planner chose on the machine at hand. */
export interface ChosenRemedies {
  readonly mode: ClusterMode;
  readonly remedies: readonly string[];
}

/** Remedies without which the supervisor cannot lay the pod network, which it does before anything of Kubernetes starts. */
const ownNetwork: readonly string[] = ["accept-forwarding", "other-iptables", "source-nat", "no-egress"];

/** The best run of the experiments before sandkube lived 20 s; one that lives longer is better. */
const longerThanTheSeed = 30;

/**
 * The experiments for a machine: nothing, the seed's own, each remedy of the
 * plan alone, the plan without each, and the plan whole. Pure.
 */
export function experimentsFor(chosen: ChosenRemedies): readonly Experiment[] {
  const node = chosen.mode === "node" ? chosen.remedies : [];
  const groundwork = node.filter((id) => ownNetwork.includes(id));
  const without = (...ids: readonly string[]): readonly string[] => node.filter((id) => !ids.includes(id));
  return [
    {
      ...base,
      id: "bare",
      title: "no remedy at all",
      question: "What stops first?",
      remedies: [],
    },
    ...(node.length === 0
      ? []
      : [
          {
            ...base,
            id: "baseline",
            title: "what sandkube's own pod network needs, and nothing for Kubernetes",
            question: "What stops the kubelet first?",
            remedies: groundwork,
          },
          ...seedExperiments(groundwork, without),
        ]),
    {
      ...base,
      id: "seed-05",
      title: "experiment 05: the control plane alone",
      question: "Does it run without any privilege? (k3s wanted a fake CNI plugin for it; upstream's parts want none.)",
      mode: "control-plane",
      remedies: [],
    },
    ...without(...groundwork).map((id) => ({
      ...base,
      id: `alone-${id}`,
      title: `the baseline and ${id}`,
      question: "How far does it go by itself?",
      remedies: [...groundwork, id],
    })),
    ...node.map((id) => ({
      ...base,
      id: `without-${id}`,
      title: `the plan without ${id}`,
      question: "Is it needed?",
      remedies: without(id),
    })),
    {
      ...base,
      id: "plan",
      title: chosen.mode === "node" ? "the plan" : `the plan: ${chosen.mode}`,
      question: "What does `up` do here?",
      mode: chosen.mode,
      remedies: chosen.remedies,
      holdSeconds: longerThanTheSeed,
    },
  ];
}

const base = { mode: "node", holdSeconds: 0 } as const;

/** @param without the plan's remedies but for some */
function seedExperiments(
  groundwork: readonly string[],
  without: (...ids: readonly string[]) => readonly string[],
): readonly Experiment[] {
  const settings = "proc-sys-supplement";
  const accounting = "local-storage-accounting-off";
  // What the seed's machine had or its scripts did besides; allow-cgroup-v1 is new, since k3s of 2025 did not ask for it.
  const infrastructure = [
    ...groundwork,
    ...["empty-kernel-log", "cgroup-v1-mounts", "allow-cgroup-v1", "cgroups-per-pod-off"].filter((id) =>
      without().includes(id),
    ),
  ];
  return [
    {
      ...base,
      id: "seed-04",
      title: "experiment 04: the kubelet under ptrace",
      question: "Is it past the missing files under /proc/sys, and what comes next?",
      remedies: [...infrastructure, "plain-ptrace"],
    },
    {
      ...base,
      id: "seed-09",
      title: "experiment 09: LD_PRELOAD in place of mounts",
      question: "Does a preloaded library reach a static Go binary?",
      remedies: [...without(settings), "preloaded-library"],
    },
    {
      ...base,
      id: "seed-10",
      title: "experiment 10: cgroup files made by hand on the root filesystem",
      question: "Does cAdvisor take them for cgroups, so that storage accounting can stay on?",
      remedies: [...without(accounting, "cgroup-v1-mounts"), "cgroup-files-on-root"],
    },
    {
      ...base,
      id: "seed-11",
      title: "experiment 11: the same on a tmpfs",
      question: "Does the filesystem below them matter?",
      remedies: [...without(accounting, "cgroup-v1-mounts"), "cgroup-files-on-tmpfs"],
    },
    {
      ...base,
      id: "kubelet-root-on-tmpfs",
      title: "cgroup files and the kubelet's directory on a tmpfs",
      question: "Can storage accounting stay on where the kubelet's own filesystem is one that cAdvisor knows?",
      remedies: [...without(accounting, "cgroup-v1-mounts"), "cgroup-files-on-tmpfs", "kubelet-root-on-tmpfs"],
    },
    {
      ...base,
      id: "seed-12",
      title: "experiment 12: the flag alone",
      question: "Is cAdvisor's error gone, and what comes next?",
      remedies: [...infrastructure, accounting],
    },
    {
      ...base,
      id: "seed-13",
      title: "experiment 13: every remedy at once, with every component under ptrace",
      question: "Does the API server's post-start hook fail, as it did, and does the node live longer than 20 s?",
      remedies: [...without(settings), "plain-ptrace-everywhere"],
      holdSeconds: longerThanTheSeed,
    },
    {
      ...base,
      id: "redirector-everywhere",
      title: "the same with a seccomp filter",
      question: "What does the filter save?",
      remedies: [...without(settings), "redirector-everywhere"],
      holdSeconds: longerThanTheSeed,
    },
    {
      ...base,
      id: "redirector",
      title: "the plan with the redirector in place of the mount",
      question: "Does the next remedy do?",
      remedies: [...without(settings), "proc-sys-redirector"],
      holdSeconds: longerThanTheSeed,
    },
  ];
}
