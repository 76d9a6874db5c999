import { expect, it } from "vitest";
import { usersOf } from "./images.ts";

const image = { references: ["a.test/x:1"], digest: "sha256:m", sizeBytes: 1, pinned: false, aliases: ["sha256:c"] };

function podWith(name: string, phase: string, imageID: string, kind = "containerStatuses"): object {
  return { metadata: { namespace: "default", name }, status: { phase, [kind]: [{ imageID }] } };
}

it("finds the pods that run an image, whatever CRI calls it, and none that has ended", () => {
  const items = [
    podWith("by-configuration", "Running", "sha256:c"),
    podWith("by-manifest", "Pending", "a.test/x@sha256:m", "initContainerStatuses"),
    podWith("done", "Succeeded", "sha256:c"),
    podWith("other", "Running", "sha256:d"),
    podWith("starting", "Pending", ""),
  ];
  expect(usersOf([image], { items } as Parameters<typeof usersOf>[1])).toEqual([
    "default/by-configuration",
    "default/by-manifest",
  ]);
});
