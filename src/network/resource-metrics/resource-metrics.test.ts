import { describe, expect, it } from "vitest";
import { testSpec } from "../../../test/fixtures/cluster-spec.ts";
import { resourceMetricsText, runningContainers, type MeasuredPod } from "./resource-metrics.ts";

const spec = testSpec("/state");
const startedAt = "2026-11-25T12:00:00Z";

function podWith(status: MeasuredPod["status"]): MeasuredPod {
  return { metadata: { name: "web", namespace: "shop", uid: "u-1" }, ...(status === undefined ? {} : { status }) };
}

const running = { name: "main", containerID: "containerd://abc", state: { running: { startedAt } } };

describe("runningContainers", () => {
  it.each([
    ["BestEffort", "/sandkube/test/kubepods/besteffort/podu-1/abc"],
    ["Burstable", "/sandkube/test/kubepods/burstable/podu-1/abc"],
    ["Guaranteed", "/sandkube/test/kubepods/podu-1/abc"],
  ])("finds the cgroup of a %s pod's container", (qosClass, cgroup) => {
    const containers = runningContainers([podWith({ qosClass, containerStatuses: [running] })], spec);
    expect(containers).toEqual([
      { namespace: "shop", pod: "web", container: "main", cgroup, startedAt: Date.parse(startedAt) },
    ]);
  });

  it("finds it at the root where the kubelet keeps no cgroups of pods", () => {
    const flat = { ...spec, kubelet: { configuration: { cgroupsPerQOS: false } } };
    const pods = [podWith({ qosClass: "Burstable", containerStatuses: [running] })];
    expect(runningContainers(pods, flat)[0]?.cgroup).toBe("/abc");
  });

  it("has sidecars and ephemeral containers, and none that waits or has ended", () => {
    const status = {
      initContainerStatuses: [
        { name: "first", containerID: "containerd://done", state: {} },
        { ...running, name: "sidecar", containerID: "containerd://side" },
      ],
      containerStatuses: [running, { name: "waiting", state: {} }],
      ephemeralContainerStatuses: [{ ...running, name: "debugger", containerID: "containerd://debug" }],
    };
    const containers = runningContainers([podWith(status), podWith(undefined)], spec);
    expect(containers.map(({ container }) => container)).toEqual(["sidecar", "main", "debugger"]);
  });
});

describe("resourceMetricsText", () => {
  it("says all of it in the kubelet's form, to the nanosecond", () => {
    const usage = { cpuNanoseconds: 123_000_000_007n, memoryBytes: 4096n, readAt: 1000 };
    const container = { namespace: "shop", pod: "web", container: "main", cgroup: "/x", startedAt: 1500, usage };
    const labels = '{container="main",namespace="shop",pod="web"}';
    const node = { cpuNanoseconds: 5n, memoryBytes: 8192n, readAt: 2000 };
    expect(resourceMetricsText(node, [container])).toBe(
      [
        "# TYPE node_cpu_usage_seconds_total counter",
        "node_cpu_usage_seconds_total 0.000000005 2000",
        "# TYPE node_memory_working_set_bytes gauge",
        "node_memory_working_set_bytes 8192 2000",
        "# TYPE container_cpu_usage_seconds_total counter",
        `container_cpu_usage_seconds_total${labels} 123.000000007 1000`,
        "# TYPE container_memory_working_set_bytes gauge",
        `container_memory_working_set_bytes${labels} 4096 1000`,
        "# TYPE container_start_time_seconds gauge",
        `container_start_time_seconds${labels} 1.5`,
        "",
      ].join("\n"),
    );
  });

  it("invents nothing where nothing could be read", () => {
    expect(resourceMetricsText(undefined, [])).toBe("");
  });
});
