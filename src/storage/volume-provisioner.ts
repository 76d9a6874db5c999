import { isAborted } from "../contract/is-aborted.ts";
import type { Host } from "../contract/host.ts";
import { ApiError, type ApiClient } from "../kube/api-client.ts";
import { Changes } from "../kube/changes.ts";
import { FollowedObjects } from "../kube/followed-objects.ts";
import { WarningEvents } from "../kube/warning-events.ts";
import { watchObjects, type ApiObject } from "../kube/watch-objects.ts";
import {
  annotations,
  provisionerName,
  volumeFinalizer,
  volumeNameOf,
  type Claim,
  type StorageClass,
  type Volume,
} from "./volume-objects.ts";
import { volumeWork, warningOf, type WantedVolume } from "./volume-work.ts";

/** What a provisioner works with. */
export interface ProvisionerOptions {
  readonly client: ApiClient;
  readonly host: Host;
  /** Holds a directory for each volume. */
  readonly directory: string;
  /** The nodes whose volumes lie there. */
  readonly nodes: readonly string[];
  /** Receives what goes wrong, a line each; it is tried again. */
  readonly log: (text: string) => void;
}

/** Milliseconds: after a failure, and to look whether an event is old. */
const pause = { failed: 2000, idle: 60_000 };

const volumesPath = "/api/v1/persistentvolumes";
const mergePatch = "application/merge-patch+json";

/** A name of one of our directories, and no path. */
const directoryName = /^pvc-[0-9a-f-]{36}$/;

/**
 * Makes a directory, and a PersistentVolume of the kind `local` over it, for each
 * claim whose StorageClass names us, and removes both when the claim is gone
 * (docs/adr/0014-local-volumes.md). Serves until the signal.
 */
export async function provisionVolumes(options: ProvisionerOptions, signal: AbortSignal): Promise<void> {
  const { client, host, log, nodes } = options;
  const changes = new Changes(host.clock);
  const followed = <
    T extends ApiObject & { readonly metadata: { readonly name: string; readonly namespace?: string } },
  >(
    path: string,
  ): { readonly objects: FollowedObjects<T>; readonly watch: Promise<void> } => {
    const objects = new FollowedObjects<T>(
      () => {
        changes.tell();
      },
      (because) => {
        log(`${path}: ${because}`);
      },
    );
    return { objects, watch: watchObjects(client, path, objects, { clock: host.clock, signal }) };
  };
  const claims = followed<Claim>("/api/v1/persistentvolumeclaims");
  const volumes = followed<Volume>(volumesPath);
  const classes = followed<StorageClass>("/apis/storage.k8s.io/v1/storageclasses");
  const all = [claims, volumes, classes];
  const events = new WarningEvents(client, { component: provisionerName, host: nodes[0] ?? "" }, host.clock);
  let most = pause.idle;
  while (!isAborted(signal)) {
    await changes.next(most, signal);
    if (isAborted(signal) || !all.every(({ objects }) => objects.isKnown)) continue;
    const work = volumeWork({
      claims: claims.objects.values(),
      volumes: volumes.objects.values(),
      classes: classes.objects.values(),
      nodes,
    });
    most = pause.idle;
    /** @returns why it failed */
    const attempt = async (what: string, act: () => Promise<void>): Promise<string | undefined> => {
      try {
        await act();
        return undefined;
      } catch (error) {
        most = pause.failed;
        const because = error instanceof Error ? error.message : String(error);
        if (!isAborted(signal)) log(`${what}: ${because}`);
        return because;
      }
    };
    const warnings = [...work.warnings];
    for (const wanted of work.provision) {
      const because = await attempt(`provision ${volumeNameOf(wanted.claim)}`, () =>
        provision(wanted, options, signal),
      );
      if (because !== undefined) warnings.push(warningOf(wanted.claim, because));
    }
    for (const { claim, volume, storage } of work.grow) {
      await attempt(`grow ${volume.metadata.name}`, () => grow(claim, volume, storage, client, signal));
    }
    for (const volume of work.remove) {
      await attempt(`remove ${volume.metadata.name}`, () => remove(volume, options, signal));
    }
    for (const volume of work.release) {
      await attempt(`release ${volume.metadata.name}`, () => release(volume, client, signal));
    }
    await attempt("events", () => events.say(warnings, signal));
  }
  await Promise.all(all.map(({ watch }) => watch));
}

async function provision(
  { claim, storageClass, node }: WantedVolume,
  { client, host, directory }: ProvisionerOptions,
  signal: AbortSignal,
): Promise<void> {
  const name = volumeNameOf(claim);
  const path = `${directory}/${name}`;
  await host.files.makeDirectory(path);
  // Whatever user a pod runs as may write to its volume; nobody else comes by, as the state directory is root's alone.
  await host.files.setMode(path, 0o777);
  const { metadata, spec } = claim;
  const body = {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name, annotations: { [annotations.provisionedBy]: provisionerName }, finalizers: [volumeFinalizer] },
    spec: {
      capacity: { storage: spec.resources?.requests?.storage },
      accessModes: spec.accessModes,
      volumeMode: "Filesystem",
      storageClassName: storageClass.metadata.name,
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? "Delete",
      ...(storageClass.mountOptions === undefined ? {} : { mountOptions: storageClass.mountOptions }),
      claimRef: {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        namespace: metadata.namespace,
        name: metadata.name,
        uid: metadata.uid,
      },
      local: { path },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: [node] }] },
          ],
        },
      },
    },
  };
  await client.text(volumesPath, { method: "POST", body, signal }).catch(unless(409));
}

/** A directory is as large as its filesystem: what grows is what is said. */
async function grow(
  { metadata }: Claim,
  volume: Volume,
  storage: string,
  client: ApiClient,
  signal: AbortSignal,
): Promise<void> {
  const options = { method: "PATCH", contentType: mergePatch, signal } as const;
  await client.text(`${volumesPath}/${volume.metadata.name}`, {
    ...options,
    body: { spec: { capacity: { storage } } },
  });
  await client.text(`/api/v1/namespaces/${metadata.namespace}/persistentvolumeclaims/${metadata.name}/status`, {
    ...options,
    body: { status: { capacity: { storage }, conditions: [] } },
  });
}

/** The directory goes by the volume's name, never by the path that its object says. */
async function remove(
  volume: Volume,
  { client, host, directory }: ProvisionerOptions,
  signal: AbortSignal,
): Promise<void> {
  const { name } = volume.metadata;
  if (directoryName.test(name)) await host.files.remove(`${directory}/${name}`);
  await client.text(`${volumesPath}/${name}`, { method: "DELETE", signal }).catch(unless(404));
  await release(volume, client, signal);
}

/** Lets the object of a volume go. */
async function release({ metadata }: Volume, client: ApiClient, signal: AbortSignal): Promise<void> {
  const finalizers = (metadata.finalizers ?? []).filter((one) => one !== volumeFinalizer);
  const body = { metadata: { finalizers } };
  const path = `${volumesPath}/${metadata.name}`;
  await client.text(path, { method: "PATCH", contentType: mergePatch, body, signal }).catch(unless(404));
}

/** Takes an answer for success: what was to be done has been done. */
function unless(status: number): (error: unknown) => string {
  return (error) => {
    if (error instanceof ApiError && error.status === status) return "";
    throw error;
  };
}
