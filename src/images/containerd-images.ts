import type { CommandOptions, Host } from "../contract/host.ts";
import { parseQuantity } from "../contract/quantities.ts";

/** How to reach the images of one containerd. */
export interface ContainerdImages {
  readonly host: Host;
  /** The path of `ctr`. */
  readonly ctr: string;
  /** The path of containerd's socket. */
  readonly address: string;
  /** Kubernetes' images are in `k8s.io`. */
  readonly namespace: string;
  readonly snapshotter: string;
  readonly signal: AbortSignal;
}

/** What CRI pins by (internal/cri/labels/labels.go). */
export const pinnedLabel = "io.cri-containerd.pinned=pinned";

/** A name in containerd's image store. One image has several. */
export interface StoredImage {
  /** `docker.io/library/busybox:1.35`, or `sha256:...` for the names that CRI gives. */
  readonly reference: string;
  /** `sha256:...` of the manifest or index it stands for. */
  readonly digest: string;
  /** Bytes of its compressed layers, rounded as ctr does. */
  readonly sizeBytes: number;
  readonly labels: ReadonlySet<string>;
}

/** An import is bounded by the disk and not by us; this only ends one that hangs. In milliseconds. */
const timeout = 600_000;

/** Runs one `ctr images ...` and gives its standard output. */
export async function runCtr(
  containerd: ContainerdImages,
  args: readonly string[],
  input?: NonNullable<CommandOptions["input"]>,
): Promise<string> {
  const { ctr, address, namespace } = containerd;
  const argv = [ctr, "--address", address, "--namespace", namespace, "images", ...args] as const;
  const result = await containerd.host.commands.run(argv, {
    timeout,
    signal: containerd.signal,
    // They cost a request and stand in the output of a failure.
    environment: { CONTAINERD_SUPPRESS_DEPRECATION_WARNINGS: "true" },
    ...(input === undefined ? {} : { input }),
  });
  return result.stdout;
}

/** Every name in the image store. Costs one process. */
export async function listStoredImages(containerd: ContainerdImages): Promise<readonly StoredImage[]> {
  return parseImageList(await runCtr(containerd, ["list"]));
}

/** Reads the table of `ctr images list`: REF TYPE DIGEST SIZE PLATFORMS LABELS (cmd/ctr/commands/images/images.go). */
export function parseImageList(table: string): readonly StoredImage[] {
  return table.split("\n").flatMap((line) => {
    const match = /^(\S+)\s+\S+\s+(sha256:[0-9a-f]{64})\s+([\d.]+) ?([KMGT]i?)?B\s.*?(\S+)\s*$/.exec(line);
    if (match === null) return [];
    const [, reference = "", digest = "", amount = "", unit = "", labels = "-"] = match;
    const sizeBytes = Math.round(parseQuantity(`${amount}${unit}`) ?? 0);
    return [{ reference, digest, sizeBytes, labels: new Set(labels === "-" ? [] : labels.split(",")) }];
  });
}
