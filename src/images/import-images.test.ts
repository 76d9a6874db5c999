import { describe, expect, it } from "vitest";
import { parseImageList } from "./containerd-images.ts";
import { parseImport } from "./import-images.ts";

const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;

describe("parseImageList", () => {
  it("reads ctr's table, sizes with a space and all", () => {
    const table = [
      "REF                            TYPE                                       DIGEST SIZE      PLATFORMS   LABELS ",
      `docker.io/library/busybox:1.35 application/vnd.oci.image.manifest.v1+json ${digest("a")} 2.0 MiB   linux/amd64 io.cri-containerd.image=managed,io.cri-containerd.pinned=pinned `,
      `${digest("c")} application/vnd.oci.image.index.v1+json ${digest("b")} 0.0 B     -           -      `,
      "",
    ].join("\n");
    expect(parseImageList(table)).toEqual([
      {
        reference: "docker.io/library/busybox:1.35",
        digest: digest("a"),
        sizeBytes: 2 * 2 ** 20,
        labels: new Set(["io.cri-containerd.image=managed", "io.cri-containerd.pinned=pinned"]),
      },
      { reference: digest("c"), digest: digest("b"), sizeBytes: 0, labels: new Set() },
    ]);
  });
});

describe("parseImport", () => {
  it("reads what was unpacked, and not what failed", () => {
    const output = `unpacking a.test/x:1 (${digest("a")})...done\nunpacking a.test/y:1 (${digest("b")})...`;
    expect(parseImport(output)).toEqual([{ reference: "a.test/x:1", digest: digest("a") }]);
  });
});
