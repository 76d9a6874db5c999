/** The name by which StorageClasses ask for this provisioner. */
export const provisionerName = "sandkube.dev/local-volume";

/** The annotations of the protocol between Kubernetes and provisioners (pkg/controller/volume/persistentvolume in kubernetes). */
export const annotations = {
  /** On a claim whose pod has been given a node. */
  selectedNode: "volume.kubernetes.io/selected-node",
  provisionedBy: "pv.kubernetes.io/provisioned-by",
} as const;

/**
 * Keeps a volume's object until what lies behind it has been dealt with
 * (https://kubernetes.io/docs/concepts/storage/persistent-volumes/#persistentvolume-deletion-protection-finalizer).
 */
export const volumeFinalizer = "external-provisioner.volume.kubernetes.io/finalizer";

interface Metadata {
  readonly name: string;
  readonly uid: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly deletionTimestamp?: string;
  readonly resourceVersion?: string;
}

/** As much of a PersistentVolumeClaim as decides what becomes of it. */
export interface Claim {
  readonly metadata: Metadata & { readonly namespace: string };
  readonly spec: {
    readonly storageClassName?: string;
    readonly volumeName?: string;
    readonly volumeMode?: string;
    readonly accessModes?: readonly string[];
    readonly selector?: object;
    readonly dataSource?: object;
    readonly dataSourceRef?: object;
    readonly resources?: { readonly requests?: { readonly storage?: string } };
  };
  readonly status?: { readonly phase?: string; readonly capacity?: { readonly storage?: string } };
}

/** As much of a PersistentVolume. */
export interface Volume {
  readonly metadata: Metadata;
  readonly spec: {
    readonly capacity?: { readonly storage?: string };
    readonly claimRef?: { readonly uid?: string };
    readonly persistentVolumeReclaimPolicy?: string;
    readonly storageClassName?: string;
  };
  readonly status?: { readonly phase?: string };
}

/** As much of a StorageClass. */
export interface StorageClass {
  readonly metadata: Metadata;
  readonly provisioner: string;
  readonly reclaimPolicy?: string;
  readonly volumeBindingMode?: string;
  readonly allowVolumeExpansion?: boolean;
  readonly mountOptions?: readonly string[];
  readonly parameters?: Readonly<Record<string, string>>;
}

/** The name of a claim's volume, and of its directory. */
export function volumeNameOf({ metadata }: Claim): string {
  return `pvc-${metadata.uid}`;
}
