import { testClusterLife } from "./cluster-scenarios.ts";
import { sandboxMachine } from "./machine.ts";

testClusterLife(
  "gVisor 2024-07, agent",
  () => sandboxMachine({ gvisor: "20240729", profile: "agent", overlay: "none" }),
  {
    remedies: [
      "allow-cgroup-v1",
      "containerd-root-on-tmpfs",
      "empty-kernel-log",
      "local-storage-accounting-off",
      "proc-sys-supplement",
      "shared-pid-namespace",
      "source-nat",
      "unprivileged-sysctls-off",
    ],
    unproved: ["pod-log", "log-follow", "exec-output", "exec-exit-code", "exec-stdin", "copy"],
    outputLost: "this gVisor sometimes loses what a container prints or what exec answers (README)",
  },
);
