import { describe, expect, it } from "vitest";
import type { GoSource } from "../contract/artifact.ts";
import { goBuildArguments, goBuildEnvironment } from "./build-flags.ts";

const source: GoSource = { kind: "go", folder: "x", package: "example.test/x/cmd", cgo: false };

describe("goBuildArguments", () => {
  it("stamps the version in", () => {
    const stamps = (version: string): Record<string, string> => ({ "example.test/x.Version": version });
    expect(goBuildArguments({ ...source, stamps }, "v1.2.3")).toEqual([
      "build",
      "-v",
      "-trimpath",
      "-buildvcs=false",
      "-mod=readonly",
      "-ldflags",
      "-s -w -X example.test/x.Version=v1.2.3",
      "example.test/x/cmd",
    ]);
  });

  it("links C code statically and passes tags", () => {
    const flags = goBuildArguments({ ...source, cgo: true, tags: ["netgo", "osusergo"] }, "v1").join(" ");
    expect(flags).toContain("-tags netgo,osusergo");
    expect(flags).toContain("-extldflags -static");
  });
});

describe("goBuildEnvironment", () => {
  it("builds for this machine, outside any workspace", () => {
    expect(goBuildEnvironment(source, "x64")).toEqual({
      CGO_ENABLED: "0",
      GOOS: "linux",
      GOARCH: "amd64",
      GOWORK: "off",
    });
    expect(goBuildEnvironment({ ...source, cgo: true }, "arm64")).toMatchObject({ CGO_ENABLED: "1", GOARCH: "arm64" });
  });
});
