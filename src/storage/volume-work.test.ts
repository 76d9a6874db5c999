import { describe, expect, it } from "vitest";
import {
  annotations,
  provisionerName,
  volumeFinalizer,
  type Claim,
  type StorageClass,
  type Volume,
} from "./volume-objects.ts";
import { volumeWork, type VolumeWork } from "./volume-work.ts";

const standard: StorageClass = {
  metadata: { name: "standard", uid: "c" },
  provisioner: provisionerName,
  reclaimPolicy: "Delete",
  volumeBindingMode: "WaitForFirstConsumer",
};
const immediate: StorageClass = {
  ...standard,
  metadata: { name: "immediate", uid: "i" },
  volumeBindingMode: "Immediate",
};
const foreign: StorageClass = {
  ...standard,
  metadata: { name: "foreign", uid: "f" },
  provisioner: "example.org/other",
};

function claim(spec: Partial<Claim["spec"]> = {}, metadata: Partial<Claim["metadata"]> = {}): Claim {
  return {
    metadata: {
      name: "data",
      namespace: "default",
      uid: "u1",
      annotations: { [annotations.selectedNode]: "here" },
      ...metadata,
    },
    spec: { storageClassName: "standard", resources: { requests: { storage: "1Gi" } }, ...spec },
    status: { phase: "Pending" },
  };
}

function volume(phase: string, spec: Partial<Volume["spec"]> = {}, metadata: Partial<Volume["metadata"]> = {}): Volume {
  return {
    metadata: {
      name: "pvc-u1",
      uid: "v1",
      annotations: { [annotations.provisionedBy]: provisionerName },
      finalizers: [volumeFinalizer, "kubernetes.io/pv-protection"],
      ...metadata,
    },
    spec: { persistentVolumeReclaimPolicy: "Delete", capacity: { storage: "1Gi" }, ...spec },
    status: { phase },
  };
}

function work(claims: readonly Claim[], volumes: readonly Volume[] = []): VolumeWork {
  return volumeWork({ claims, volumes, classes: [standard, immediate, foreign], nodes: ["here", "there"] });
}

describe("a claim gets a volume", () => {
  it("when a pod has been given a node of ours", () => {
    expect(work([claim()]).provision).toMatchObject([{ node: "here" }]);
    expect(work([claim({}, { annotations: { [annotations.selectedNode]: "there" } })]).provision).toMatchObject([
      { node: "there" },
    ]);
    expect(work([claim({}, { annotations: {} })]).provision).toEqual([]);
    expect(work([claim({}, { annotations: { [annotations.selectedNode]: "elsewhere" } })]).provision).toEqual([]);
  });

  it("at once where its class says so", () => {
    expect(work([claim({ storageClassName: "immediate" }, { annotations: {} })]).provision).toMatchObject([
      { node: "here" },
    ]);
  });

  it("once", () => {
    expect(work([claim()], [volume("Available")]).provision).toEqual([]);
    expect(work([claim({ volumeName: "pvc-u1" })], [volume("Bound")]).provision).toEqual([]);
  });

  it("not of another's class, not of none, and not when it is going", () => {
    const classes = [{ storageClassName: "foreign" }, { storageClassName: "" }, { storageClassName: "unknown" }];
    expect(classes.flatMap((spec) => work([claim(spec)]).provision)).toEqual([]);
    expect(work([claim({}, { deletionTimestamp: "2026-01-01T00:00:00Z" })]).provision).toEqual([]);
  });

  it.each([
    [{ volumeMode: "Block" }, "volumeMode Block"],
    [{ selector: {} }, "selector"],
    [{ dataSource: {} }, "snapshot"],
    [{ dataSourceRef: {} }, "snapshot"],
  ])("or is told why not: %j", (spec, because) => {
    const { provision, warnings } = work([claim(spec)]);
    expect(provision).toEqual([]);
    expect(warnings).toMatchObject([{ reason: "ProvisioningFailed", about: { kind: "PersistentVolumeClaim" } }]);
    expect(warnings[0]?.message).toContain(because);
  });

  it("or is told that its class has parameters that nobody knows", () => {
    const classes = [{ ...standard, parameters: { type: "ssd" } }];
    const { warnings } = volumeWork({ claims: [claim()], volumes: [], classes, nodes: ["here"] });
    expect(warnings[0]?.message).toContain("type");
  });
});

describe("a volume grows", () => {
  const bound = (storage: string, has: string): Claim => ({
    ...claim({ volumeName: "pvc-u1", resources: { requests: { storage } } }),
    status: { phase: "Bound", capacity: { storage: has } },
  });

  it("to what its claim asks for, and never shrinks", () => {
    expect(work([bound("2Gi", "1Gi")], [volume("Bound")]).grow).toMatchObject([{ storage: "2Gi" }]);
    expect(work([bound("1024Mi", "1Gi")], [volume("Bound")]).grow).toEqual([]);
    expect(work([bound("1Mi", "1Gi")], [volume("Bound")]).grow).toEqual([]);
  });

  it("to the end where only its object did", () => {
    const grown = volume("Bound", { capacity: { storage: "2Gi" } });
    expect(work([bound("2Gi", "1Gi")], [grown]).grow).toMatchObject([{ storage: "2Gi" }]);
    expect(work([bound("2Gi", "2Gi")], [grown]).grow).toEqual([]);
  });

  it("not where somebody else made it", () => {
    expect(work([bound("2Gi", "1Gi")], [volume("Bound", {}, { annotations: {} })]).grow).toEqual([]);
  });
});

describe("a volume goes", () => {
  const deletionTimestamp = "2026-01-01T00:00:00Z";

  it("when its claim is gone, with its directory", () => {
    expect(work([], [volume("Released")]).remove).toHaveLength(1);
    expect(work([], [volume("Available", {}, { deletionTimestamp })]).remove).toHaveLength(1);
  });

  it("not while it is bound, even where it is deleted", () => {
    const { remove, release } = work([], [volume("Bound", {}, { deletionTimestamp })]);
    expect([...remove, ...release]).toEqual([]);
  });

  it("and its directory stays where it is to be retained", () => {
    const retained = { persistentVolumeReclaimPolicy: "Retain" };
    expect(work([], [volume("Released", retained)])).toMatchObject({ remove: [], release: [] });
    expect(work([], [volume("Released", retained, { deletionTimestamp })])).toMatchObject({
      remove: [],
      release: [{}],
    });
  });

  it("not where somebody else made it", () => {
    expect(work([], [volume("Released", {}, { annotations: {} })])).toMatchObject({ remove: [], release: [] });
  });
});
