import { describe, expect, it } from "vitest";
import { evidenceLines, findEvidence } from "./evidence-lines.ts";

/** Lines as Kubernetes 1.36.3 and containerd 2.2 wrote them in gVisor, or as the seed quotes them. */
const seen: Readonly<Record<string, string>> = {
  "hook-failed":
    'F1122 22:26:01.321077   40906 hooks.go:203] PostStartHook "scheduling/bootstrap-system-priority-classes" failed: unable to add default system priority classes',
  "not-yet-ready": '"system-node-critical" is forbidden: not yet ready to handle request',
  "cgroup-v1-refused":
    'E1125 12:48:00.326053     232 run.go:72] "command failed" err="failed to validate kubelet configuration, error: kubelet is configured to not run on a host using cgroup v1. cgroup v1 support is unsupported',
  "rootfs-unknown": '"command failed" err="failed to get rootfs info: unable to find data in memory cache"',
  "settings-missing": 'err="[open /proc/sys/vm/panic_on_oom: no such file or directory, ...]"',
  "settings-refused": 'err="[write /proc/sys/vm/overcommit_memory: input/output error, ...]"',
  "container-manager-failed": 'kubelet.go:1821] "Failed to start ContainerManager" err="[]"',
  "cri-missing":
    'err="failed to run Kubelet: validate service connection: validate CRI v1 runtime API for endpoint \\"unix:///run/containerd.sock\\": rpc error: code = Unimplemented desc = unknown service runtime.v1.RuntimeService"',
  "sandbox-failed":
    'E1125 13:07:03.380043     221 remote_runtime.go:237] "RunPodSandbox from runtime service failed" err="rpc error: code = Unknown desc = failed to start sandbox"',
  "overlay-failed":
    'level=error msg="RunPodSandbox failed, error" error="failed to create shim task: failed to mount rootfs component: mount source: \\"overlay\\", target: \\"/run/x\\""',
  "cni-missing":
    "NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized",
  "kmsg-missing": 'err="failed to run Kubelet: failed to create kubelet: open /dev/kmsg: no such file or directory"',
};

describe("findEvidence", () => {
  it("is tried here with a line of each kind", () => {
    expect(Object.keys(seen).sort()).toEqual(evidenceLines.map(({ id }) => id).sort());
  });

  it.each(Object.entries(seen))("finds %s", (id, line) => {
    const component = evidenceLines.find((wanted) => wanted.id === id)?.component ?? "kine";
    const found = findEvidence(new Map([[component, `first\n${line}\n${line}\n`]])).find((entry) => entry.id === id);
    expect(found).toMatchObject({ count: 2, first: line });
  });

  it("finds nothing in logs that say nothing of it, or are not there", () => {
    expect(findEvidence(new Map([["kubelet", "all is well\n"]])).every(({ count }) => count === 0)).toBe(true);
  });

  it("shortens a line", () => {
    const long = `open /dev/kmsg ${"x".repeat(1000)}`;
    const found = findEvidence(new Map([["kubelet", long]])).find(({ id }) => id === "kmsg-missing");
    expect(found?.first).toHaveLength(400);
  });
});
