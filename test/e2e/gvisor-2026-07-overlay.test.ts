import { testClusterLife } from "./cluster-scenarios.ts";
import { sandboxMachine } from "./machine.ts";

testClusterLife(
  "gVisor 2026-07, overlay root",
  () => sandboxMachine({ gvisor: "20260701", profile: "agent", overlay: "default" }),
  {
    remedies: [
      "allow-cgroup-v1",
      "containerd-root-on-tmpfs",
      "empty-kernel-log",
      "local-storage-accounting-off",
      "proc-sys-supplement",
      "source-nat",
      "unprivileged-sysctls-off",
    ],
    servicesElsewhere: "the same gVisor without an overlay has these tests (gvisor-2026-07-agent)",
  },
);
