import { parseQuantity } from "../contract/quantities.ts";
import type { Warning } from "../kube/warning-events.ts";
import {
  annotations,
  provisionerName,
  volumeFinalizer,
  volumeNameOf,
  type Claim,
  type StorageClass,
  type Volume,
} from "./volume-objects.ts";

/** A claim that is to get a volume. */
export interface WantedVolume {
  readonly claim: Claim;
  readonly storageClass: StorageClass;
  /** The node that it has to lie on. */
  readonly node: string;
}

/** What is to be done about volumes at a moment. */
export interface VolumeWork {
  readonly provision: readonly WantedVolume[];
  readonly grow: readonly { readonly claim: Claim; readonly volume: Volume; readonly storage: string }[];
  /** Volumes whose directory goes, and their object with it. */
  readonly remove: readonly Volume[];
  /** Volumes that are deleted and whose directory stays. */
  readonly release: readonly Volume[];
  readonly warnings: readonly Warning[];
}

/** The objects of a moment. */
export interface VolumeFacts {
  readonly claims: Iterable<Claim>;
  readonly volumes: Iterable<Volume>;
  readonly classes: Iterable<StorageClass>;
  /** The nodes whose volumes lie on this machine; the first is taken where no pod has chosen. */
  readonly nodes: readonly string[];
}

/** Works out what is to be done. Pure. */
export function volumeWork({ claims, volumes, classes, nodes }: VolumeFacts): VolumeWork {
  const ours = new Map([...classes].filter(isOurs).map((one) => [one.metadata.name, one]));
  const all = [...volumes];
  const byName = new Map(all.map((volume) => [volume.metadata.name, volume]));
  const provisioned = all.filter(
    ({ metadata }) => metadata.annotations?.[annotations.provisionedBy] === provisionerName,
  );
  const provision: WantedVolume[] = [];
  const grow: { claim: Claim; volume: Volume; storage: string }[] = [];
  const warnings: Warning[] = [];
  for (const claim of claims) {
    if (claim.metadata.deletionTimestamp !== undefined) continue;
    const storageClass = ours.get(claim.spec.storageClassName ?? "");
    if (claim.spec.volumeName !== undefined) {
      const volume = byName.get(claim.spec.volumeName);
      const storage = claim.spec.resources?.requests?.storage;
      if (
        volume !== undefined &&
        storage !== undefined &&
        provisioned.includes(volume) &&
        isLarger(storage, claim, volume)
      ) {
        grow.push({ claim, volume, storage });
      }
      continue;
    }
    if (storageClass === undefined || byName.has(volumeNameOf(claim))) continue;
    const node = nodeFor(claim, storageClass, nodes);
    if (node === undefined) continue;
    const refusal = refusalOf(claim, storageClass);
    if (refusal === undefined) provision.push({ claim, storageClass, node });
    else warnings.push(warningOf(claim, refusal));
  }
  const deletable = provisioned.filter(
    ({ metadata, status }) =>
      status?.phase === "Released" || (metadata.deletionTimestamp !== undefined && status?.phase !== "Bound"),
  );
  return {
    provision,
    grow,
    remove: deletable.filter(({ spec }) => spec.persistentVolumeReclaimPolicy === "Delete"),
    release: deletable.filter(
      ({ metadata, spec }) =>
        spec.persistentVolumeReclaimPolicy !== "Delete" &&
        metadata.deletionTimestamp !== undefined &&
        metadata.finalizers?.includes(volumeFinalizer) === true,
    ),
    warnings,
  };
}

function isOurs({ provisioner }: StorageClass): boolean {
  return provisioner === provisionerName;
}

/** Undefined: a pod has to be given a node first, or it was given one that is not this machine. */
function nodeFor(claim: Claim, { volumeBindingMode }: StorageClass, nodes: readonly string[]): string | undefined {
  const selected = claim.metadata.annotations?.[annotations.selectedNode];
  if (selected !== undefined) return nodes.find((node) => node === selected);
  return volumeBindingMode === "WaitForFirstConsumer" ? undefined : nodes[0];
}

/** Why a claim cannot have a volume. */
function refusalOf({ spec }: Claim, { parameters = {} }: StorageClass): string | undefined {
  const unknown = Object.keys(parameters);
  if (unknown.length > 0) return `the StorageClass has parameters, and there are none: ${unknown.join(", ")}`;
  if (spec.volumeMode === "Block") return "volumes are directories: volumeMode Block is not to be had";
  if (spec.selector !== undefined)
    return "a claim with a selector takes a volume that is there, and none is made for it";
  if (spec.dataSource !== undefined || spec.dataSourceRef !== undefined) {
    return "a volume cannot be made from a snapshot or another volume: leave dataSource and dataSourceRef out";
  }
  return undefined;
}

/** Tells a claim's owner why it has no volume. */
export function warningOf({ metadata }: Claim, message: string): Warning {
  return {
    about: { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata },
    reason: "ProvisioningFailed",
    message,
    key: `${metadata.uid} ${message}`,
  };
}

/** Whether a claim asks for more than its volume, or its own status, says it has. */
function isLarger(storage: string, { status }: Claim, { spec }: Volume): boolean {
  if (status?.phase !== "Bound") return false;
  const wanted = parseQuantity(storage) ?? 0;
  return [spec.capacity?.storage, status.capacity?.storage].some(
    (has) => wanted > (parseQuantity(has ?? "") ?? Infinity),
  );
}
