import { SandkubeError } from "../contract/sandkube-error.ts";

/** An archive that containerd must not be given: the file is wrong, not this machine. */
export function invalidArchive(path: string, because: string, cause?: unknown): SandkubeError {
  return new SandkubeError({
    title: "Not a usable image archive",
    message: `${path} ${because}.`,
    hint: "Make it with `docker save -o FILE IMAGE`, `podman save`, `skopeo copy ... oci-archive:FILE` or `ctr images export`.",
    exit: "usage",
    cause,
  });
}
