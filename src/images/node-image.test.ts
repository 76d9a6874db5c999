import { describe, expect, it } from "vitest";
import { namesToRemove, nodeImages } from "./node-image.ts";

const stored = (reference: string, digest: string, pinned = false): Parameters<typeof nodeImages>[0][number] => ({
  reference,
  digest,
  sizeBytes: 2 ** 20,
  labels: new Set(pinned ? ["io.cri-containerd.pinned=pinned"] : []),
});

const images = nodeImages([
  stored("sha256:config1", "sha256:1"),
  stored("b.test/app:2", "sha256:1"),
  stored("a.test/app:1", "sha256:2", true),
  stored("b.test/app:1", "sha256:1"),
  stored("b.test/app@sha256:1", "sha256:1"),
]);

describe("nodeImages", () => {
  it("puts an image's names together, and CRI's apart", () => {
    expect(images).toEqual([
      { references: ["a.test/app:1"], digest: "sha256:2", sizeBytes: 2 ** 20, pinned: true, aliases: [] },
      {
        references: ["b.test/app:2", "b.test/app:1"],
        digest: "sha256:1",
        sizeBytes: 2 ** 20,
        pinned: false,
        aliases: ["sha256:config1", "b.test/app@sha256:1"],
      },
    ]);
  });
});

describe("namesToRemove", () => {
  it("keeps CRI's names while the image has another", () => {
    expect(namesToRemove(images, ["b.test/app:1"])).toEqual(["b.test/app:1"]);
  });

  it("takes them along with the last", () => {
    expect(namesToRemove(images, ["b.test/app:1", "b.test/app:2"])).toEqual([
      ...["b.test/app:2", "b.test/app:1", "sha256:config1", "b.test/app@sha256:1"],
    ]);
  });
});
