import { expect, test } from "vitest";
import { container, pod, sleepForever } from "../../src/evidence/manifests.ts";
import { clusterName, type TestCluster } from "./test-cluster.ts";

const directory = `/var/lib/sandkube/clusters/${clusterName}/volumes`;
const requests = { storage: "1Mi" };

/** Keeps a count in its volume of how often it was started. */
const counts = container("main", `echo started >> /data/starts; ${sleepForever}`, {
  volumeMounts: [{ name: "data", mountPath: "/data" }],
});

function claim(name: string, spec: object = {}): object {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests }, ...spec },
  };
}

/** Registers the tests of claims and what becomes of their volumes; {@link testKeptVolume} goes on with one of them. */
export function testStorage(cluster: () => TestCluster): void {
  test("each pod of a StatefulSet has a volume of its own, which a new pod of its name finds again", async () => {
    const { apply, kubectl } = cluster();
    await apply({
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name: "counted" },
      spec: {
        serviceName: "counted",
        replicas: 2,
        selector: { matchLabels: { app: "counted" } },
        template: {
          metadata: { labels: { app: "counted" } },
          spec: { terminationGracePeriodSeconds: 0, containers: [counts] },
        },
        volumeClaimTemplates: [claim("data")],
      },
    });
    await kubectl("rollout", "status", "statefulset/counted", "--timeout=100s");
    await kubectl("delete", "pod", "counted-0", "--now");
    await kubectl("rollout", "status", "statefulset/counted", "--timeout=100s");
    expect(await starts("counted-0")).toBe(2);
    expect(await starts("counted-1")).toBe(1);
    await kubectl("scale", "statefulset/counted", "--replicas=1");
  });

  test("a volume that is to be retained outlives its claim and its object", async () => {
    const { apply, kubectl, machine } = cluster();
    await apply(
      {
        apiVersion: "storage.k8s.io/v1",
        kind: "StorageClass",
        metadata: { name: "retained" },
        provisioner: "sandkube.dev/local-volume",
        reclaimPolicy: "Retain",
        volumeBindingMode: "Immediate",
      },
      claim("kept", { storageClassName: "retained" }),
    );
    await kubectl("wait", "--for=jsonpath={.status.phase}=Bound", "pvc/kept", "--timeout=30s");
    const volume = await kubectl("get", "pvc", "kept", "-o", "jsonpath={.spec.volumeName}");
    await machine.shell(`echo precious > ${directory}/${volume}/file`);
    await kubectl("delete", "pvc", "kept", "--wait");
    await kubectl("wait", "--for=jsonpath={.status.phase}=Released", `pv/${volume}`, "--timeout=30s");
    await kubectl("delete", "pv", volume, "--wait", "--timeout=30s");
    expect((await machine.shell(`cat ${directory}/${volume}/file`)).stdout).toBe("precious\n");
    await kubectl("delete", "storageclass", "retained");
  });

  test("a claim that cannot be served is told why", async () => {
    const { apply, eventually, kubectl } = cluster();
    await apply(
      claim("block", { volumeMode: "Block" }),
      pod("blocked", [counts], { volumes: [{ name: "data", persistentVolumeClaim: { claimName: "block" } }] }),
    );
    const events = ["get", "events", "--field-selector=involvedObject.name=block,reason=ProvisioningFailed"];
    expect(await eventually([...events, "-o", "jsonpath={.items[*].message}"], (said) => said !== "")).toContain(
      "volumeMode Block",
    );
    await kubectl("delete", "pod/blocked", "pvc/block", "--now");
  });

  async function starts(name: string): Promise<number> {
    const { text } = await cluster().inPod(name, "cat", "/data/starts");
    return text.trim().split("\n").length;
  }
}

/** Registers the test that a volume is there after `down --keep-state`, and gone with its claim. */
export function testKeptVolume(cluster: () => TestCluster): void {
  test("a volume of the kept state is there again, and goes with its claim", async () => {
    const { eventually, kubectl, machine } = cluster();
    await kubectl("rollout", "status", "statefulset/counted", "--timeout=100s");
    await eventually(["exec", "counted-0", "--", "cat", "/data/starts"], (said) => said === "started\n".repeat(3));
    await kubectl("delete", "statefulset/counted", "--wait");
    await kubectl("delete", "pvc", "data-counted-0", "data-counted-1", "--wait", "--timeout=60s");
    await eventually(["get", "pv", "-o", "name"], (left) => left === "");
    // What was to be retained is all that is left.
    expect((await machine.shell(`ls ${directory} | wc -l`)).stdout.trim()).toBe("1");
  });
}
