import { testClusterLife } from "./cluster-scenarios.ts";
import { sandboxMachine } from "./machine.ts";

testClusterLife(
  "gVisor 2026-07, agent",
  () => sandboxMachine({ gvisor: "20260701", profile: "agent", overlay: "none" }),
  {
    remedies: [
      "allow-cgroup-v1",
      "empty-kernel-log",
      "local-storage-accounting-off",
      "proc-sys-supplement",
      "source-nat",
      "unprivileged-sysctls-off",
    ],
    refutation: true,
  },
);
