import { SandkubeError } from "../contract/sandkube-error.ts";

/** A bundle that cannot be used: the file is wrong, not this machine. */
export function invalidBundle(name: string, because: string, cause?: unknown): SandkubeError {
  return new SandkubeError({
    title: "Not a usable bundle",
    message: `${name} ${because}. The cache is as it was.`,
    hint: "Copy it again, or make it again: `sandkube bundle create FILE`. For image archives there is `sandkube load`.",
    exit: "artifact",
    cause,
  });
}
