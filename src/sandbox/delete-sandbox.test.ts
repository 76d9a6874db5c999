import { describe, expect, it } from "vitest";
import { mountsBelow } from "./delete-sandbox.ts";

describe("mountsBelow", () => {
  it("finds the mount points at and below a directory, escapes undone", () => {
    const mountinfo = [
      "22 28 0:21 / /proc rw,relatime - proc proc rw",
      "40 28 0:30 / /state/dev rw - tmpfs t rw",
      "41 40 0:31 / /state/dev/rootfs/a\\040b rw - tmpfs t rw",
      "42 28 0:32 / /state/dev-2/rootfs rw - tmpfs t rw",
      "",
    ].join("\n");
    expect(mountsBelow(mountinfo, "/state/dev")).toEqual(["/state/dev", "/state/dev/rootfs/a b"]);
  });
});
