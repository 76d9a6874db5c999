import { describe, expect, it } from "vitest";
import type { FileStatus } from "../contract/host.ts";
import { isUntouched, parseManifest, printManifest, signatureOf, type Manifest } from "./manifest.ts";

const status: FileStatus = {
  kind: "file",
  size: 12,
  mode: 0o755,
  inode: 7n,
  modifiedNanoseconds: 1_795_507_436_982_425_615n,
  changedNanoseconds: 1_795_507_437_150_425_615n,
};

const manifest: Manifest = {
  schema: 1,
  name: "program",
  version: "v1.2.3",
  key: "program-v1.2.3-0123456789abcdef-01234567",
  builtWith: "go1.26.8",
  madeAt: "2026-11-24T08:00:00.000Z",
  sha256: "a".repeat(64),
  size: 12,
  verified: signatureOf(status),
};

describe("parseManifest", () => {
  it("reads what printManifest wrote, to the nanosecond", () => {
    expect(parseManifest(printManifest(manifest))).toEqual(manifest);
    expect(manifest.verified.changedNanoseconds).toBe("1795507437150425615");
  });

  it.each([
    ["half a file", printManifest(manifest).slice(0, 100)],
    ["no JSON", "hello"],
    ["another schema", printManifest(manifest).replace('"schema": 1', '"schema": 2')],
    ["a missing field", JSON.stringify({ ...manifest, sha256: undefined })],
    ["a digest that is none", JSON.stringify({ ...manifest, sha256: "xyz" })],
    ["an unknown field", JSON.stringify({ ...manifest, colour: "red" })],
  ])("refuses %s", (_, text) => {
    expect(parseManifest(text)).toBeUndefined();
  });
});

describe("isUntouched", () => {
  it("holds for the same status, and for another inode, as gVisor shows", () => {
    expect(isUntouched(manifest, status)).toBe(true);
    expect(isUntouched(manifest, { ...status, inode: 115n })).toBe(true);
  });

  it.each([
    ["size", { size: 13 }],
    ["mtime", { modifiedNanoseconds: status.modifiedNanoseconds + 1n }],
    ["ctime", { changedNanoseconds: status.changedNanoseconds + 1n }],
  ])("does not hold when the %s differs", (_, change) => {
    expect(isUntouched(manifest, { ...status, ...change })).toBe(false);
  });
});
